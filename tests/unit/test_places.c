#include "home.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "trust/places.h"

#include <string.h>

static void make_folder(const char *name)
{
    assert_int_equal(hufu_folder_make(home_path(name), 0700), 0);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < hufu_place_count; i++) {
        const struct hufu_place *place = &hufu_places[i];
        assert_true(place->browser[0] && place->path[0] && place->path[0] != '/');
        assert_true(!place->own || strncmp(place->path, place->own, strlen(place->own)) == 0);
        assert_int_equal(place->own != NULL,
                         place->package[0] && place->layout != HUFU_PLACE_PROFILES);
        for (size_t other = 0; other < i; other++)
            assert_true(strcmp(place->path, hufu_places[other].path) != 0 ||
                        place->base != hufu_places[other].base);
    }
}

/* What stores.c relies on: the two databases of a browser stand together, the old one first. */
static void databases_come_in_pairs(void **state)
{
    (void)state;
    for (size_t i = 0; i < hufu_place_count; i++) {
        if (hufu_places[i].layout != HUFU_PLACE_OLD_DATABASE)
            continue;
        const struct hufu_place *next = &hufu_places[i + 1];
        assert_int_equal(next->layout, HUFU_PLACE_DATABASE);
        assert_string_equal(next->browser, hufu_places[i].browser);
        assert_string_equal(next->package, hufu_places[i].package);
    }
}

static enum hufu_status bases_of(const char *value, struct hufu_places_bases *bases,
                                 struct hufu_error *err)
{
    if (value)
        setenv("HOME", value, 1);
    else
        unsetenv("HOME");
    return hufu_places_bases(bases, err);
}

static void a_home_of_no_use_is_explained(void **state)
{
    (void)state;
    make_folder("foreign");
    assert_int_equal(hufu_file_write(home_path("file"), 0600, hufu_bytes_of("", 0)), 0);
    assert_int_equal(symlink("cycle", home_path("cycle")), 0);
    const struct {
        const char *value;
        const char *detail;
    } homes[] = {
        {NULL, "HOME is not set"},       {"", "HOME is not set"},       {"relative", "HOME is not"},
        {"missing", "cannot be opened"}, {"cycle", "cannot be opened"}, {"file", "not a folder"},
        {"foreign", "another user"},
    };
    if (geteuid() == 0)
        assert_int_equal(chown(home_path("foreign"), 65534, 65534), 0);
    for (size_t i = 0; i < sizeof homes / sizeof homes[0]; i++) {
        struct hufu_places_bases bases;
        struct hufu_error err = {0};
        bool is_in_home = i > 2;
        if (geteuid() != 0 && strcmp(homes[i].detail, "another user") == 0)
            continue; /* only root can give a folder away */
        assert_int_equal(
            bases_of(is_in_home ? home_path(homes[i].value) : homes[i].value, &bases, &err),
            HUFU_E_HOME);
        if (!strstr(err.detail, homes[i].detail))
            fail_msg("%s: %s", homes[i].value ? homes[i].value : "unset", err.detail);
    }
}

static void unusual_homes_are_homes(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a b", "\xe8\x99\x8e\xe7\xac\xa6", "it's \"quoted\"", "line\nbreak", "[x]%s\\", "\xff\xfe",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hufu_places_bases bases;
        make_folder(names[i]);
        assert_int_equal(bases_of(home_path(names[i]), &bases, NULL), HUFU_OK);
        assert_string_equal(bases.path[HUFU_PLACE_HOME], home_path(names[i]));
        assert_true(hufu_places_hold(&bases, home_path(names[i])));
    }
}

static void a_home_that_is_a_link_holds_what_is_behind_it(void **state)
{
    (void)state;
    struct hufu_places_bases bases;
    make_folder("disk/user/x");
    make_folder("disk/username");
    assert_int_equal(symlink("disk/user", home_path("link")), 0);
    assert_int_equal(bases_of(home_path("link"), &bases, NULL), HUFU_OK);
    assert_true(hufu_places_hold(&bases, home_path("disk/user/x")));
    assert_false(hufu_places_hold(&bases, home_path("disk/username")));
    assert_false(hufu_places_hold(&bases, home_path("disk")));
}

static void xdg_folders_elsewhere_are_the_users_too(void **state)
{
    (void)state;
    const struct {
        const char *value; /* of XDG_DATA_HOME; below the test's folder unless relative */
        const char *path;  /* what it comes to */
        bool holds_elsewhere;
    } rows[] = {
        {NULL, "home/.local/share", false},          {"", "home/.local/share", false},
        {"./elsewhere", "home/.local/share", false}, {"home/data", "home/data", false},
        {"home/link", "home/link", false},           {"elsewhere", "elsewhere", true},
    };
    make_folder("home");
    make_folder("elsewhere/x");
    assert_int_equal(symlink("../elsewhere", home_path("home/link")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hufu_places_bases bases;
        const char *value = rows[i].value;
        bool is_relative = value && (!value[0] || value[0] == '.');
        if (value)
            setenv("XDG_DATA_HOME", is_relative ? value : home_path(value), 1);
        assert_int_equal(bases_of(home_path("home"), &bases, NULL), HUFU_OK);
        assert_string_equal(bases.path[HUFU_PLACE_DATA], home_path(rows[i].path));
        assert_int_equal(hufu_places_hold(&bases, home_path("elsewhere/x")),
                         rows[i].holds_elsewhere);
    }
}

struct names {
    char text[64 * 1024];
    size_t count;
};

static void note_path(void *context, const char *path)
{
    struct names *names = context;
    size_t len = strlen(names->text);
    assert_true(len + strlen(path) + 2 < sizeof names->text);
    snprintf(names->text + len, sizeof names->text - len, "%s|", path + strlen(home));
    names->count++;
}

static void paths_where_stores_show_themselves_are_named(void **state)
{
    (void)state;
    static const char *const named[] = {
        "/.pki/nssdb",
        "/data/pki/nssdb",
        "/.mozilla/firefox",
        "/.mozilla/firefox/profiles.ini",
        "/.config/mozilla/firefox/installs.ini",
        "/snap/chromium/current/.local/share/pki/nssdb",
    };
    static struct names names;
    static struct names with_mail;
    setenv("XDG_DATA_HOME", home_path("data"), 1);
    assert_int_equal(hufu_places_each(false, note_path, &names, NULL), HUFU_OK);
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        char wanted[PATH_MAX];
        snprintf(wanted, sizeof wanted, "%s|", named[i]);
        if (!strstr(names.text, wanted))
            fail_msg("%s is not named", named[i]);
    }
    assert_null(strstr(names.text, "hunderbird"));
    assert_int_equal(hufu_places_each(true, note_path, &with_mail, NULL), HUFU_OK);
    assert_non_null(strstr(with_mail.text, "/.thunderbird/profiles.ini|"));
    assert_true(with_mail.count > names.count);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_row_is_whole),
        TEST(databases_come_in_pairs),
        TEST(a_home_of_no_use_is_explained),
        TEST(unusual_homes_are_homes),
        TEST(a_home_that_is_a_link_holds_what_is_behind_it),
        TEST(xdg_folders_elsewhere_are_the_users_too),
        TEST(paths_where_stores_show_themselves_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
