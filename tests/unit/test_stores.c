#include "home.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "trust/stores.h"

#include <string.h>

static const char new_chromium[] = ".local/share/pki/nssdb";

static void make_folder(const char *name)
{
    assert_int_equal(hufu_folder_make(home_path(name), 0700), 0);
}

static void write_text(const char *name, const char *text)
{
    assert_int_equal(hufu_file_write(home_path(name), 0600, hufu_bytes_of(text, strlen(text))), 0);
}

static struct hufu_stores find(void)
{
    struct hufu_stores stores = {0};
    assert_int_equal(hufu_stores_find(&stores, NULL), HUFU_OK);
    return stores;
}

/* The store at $HOME/name; the test fails when it is not listed. */
static const struct hufu_store *at(const struct hufu_stores *stores, const char *name)
{
    for (size_t i = 0; i < stores->count; i++)
        if (strcmp(stores->items[i].path, home_path(name)) == 0)
            return &stores->items[i];
    fail_msg("%s is not listed", name);
    return NULL;
}

static void assert_usable(const struct hufu_store *store, const char *kind)
{
    assert_string_equal(store->kind, kind);
    assert_int_equal(store->answer.state, HUFU_TRUST_ABSENT);
    assert_int_equal(store->answer.reason, HUFU_TRUST_NO_REASON);
}

static void assert_refused(const struct hufu_store *store, enum hufu_trust_reason reason)
{
    assert_int_equal(store->answer.state, HUFU_TRUST_REFUSED);
    assert_int_equal(store->answer.reason, reason);
}

static void new_user_has_the_new_place(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 1);
    assert_usable(at(&stores, new_chromium), "chromium");
    assert_int_not_equal(access(home_path(".local"), F_OK), 0); /* looking makes nothing */
}

static void old_place_is_enough(void **state)
{
    (void)state;
    make_folder(".pki/nssdb");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 1);
    assert_usable(at(&stores, ".pki/nssdb"), "chromium");
}

static void both_places_count(void **state)
{
    (void)state;
    make_folder(".pki/nssdb");
    make_folder(new_chromium);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 2);
    assert_usable(at(&stores, ".pki/nssdb"), "chromium");
    assert_usable(at(&stores, new_chromium), "chromium");
}

static void xdg_folders_are_honoured(void **state)
{
    (void)state;
    setenv("XDG_DATA_HOME", home_path("data"), 1);
    setenv("XDG_CONFIG_HOME", home_path("config"), 1);
    make_folder("config/mozilla/firefox/a.default");
    write_text("config/mozilla/firefox/profiles.ini", "[Profile0]\nPath=a.default\n");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 2);
    assert_usable(at(&stores, "data/pki/nssdb"), "chromium");
    assert_usable(at(&stores, "config/mozilla/firefox/a.default"), "firefox");
}

static void links_and_files_are_refused(void **state)
{
    (void)state;
    make_folder(".pki");
    make_folder("elsewhere");
    make_folder(".local/share/pki");
    assert_int_equal(symlink("../elsewhere", home_path(".pki/nssdb")), 0);
    write_text(new_chromium, "");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 2);
    assert_refused(at(&stores, ".pki/nssdb"), HUFU_TRUST_NOT_OURS);
    assert_refused(at(&stores, new_chromium), HUFU_TRUST_NOT_OURS);
}

static void another_users_folder_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* only root can give a folder away */
    make_folder(".pki/nssdb");
    assert_int_equal(chown(home_path(".pki/nssdb"), 65534, 65534), 0);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_refused(at(&stores, ".pki/nssdb"), HUFU_TRUST_NOT_OURS);
}

static void every_profile_of_both_roots(void **state)
{
    (void)state;
    make_folder(".mozilla/firefox/one.default");
    make_folder(".mozilla/firefox/Profiles/two.other");
    make_folder(".config/mozilla/firefox/three.default-esr");
    write_text(".mozilla/firefox/profiles.ini",
               "[General]\nStartWithLastProfile=1\nVersion=2\n\n"
               "[Install4F96D1932A9F858E]\nDefault=one.default\nLocked=1\n\n"
               "[Profile0]\nName=one\nIsRelative=1\nPath=one.default\nDefault=1\n\n"
               "[Profile1]\nName=two\nIsRelative=1\nPath=Profiles/two.other\n\n"
               "[Profile2]\nName=gone\nIsRelative=1\nPath=gone.default\n\n"
               "[Profile3]\nName=again\nIsRelative=1\nPath=one.default\n");
    write_text(".config/mozilla/firefox/profiles.ini",
               "[Profile0]\nName=three\nIsRelative=1\nPath=three.default-esr\n");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 4);
    assert_usable(at(&stores, ".mozilla/firefox/one.default"), "firefox");
    assert_usable(at(&stores, ".mozilla/firefox/Profiles/two.other"), "firefox");
    assert_usable(at(&stores, ".config/mozilla/firefox/three.default-esr"), "firefox");
}

static void profiles_cannot_lead_away(void **state)
{
    (void)state;
    make_folder("absolute");
    make_folder("above");
    make_folder("linked/inner");
    make_folder(".mozilla/firefox");
    assert_int_equal(symlink("../../linked", home_path(".mozilla/firefox/link")), 0);
    char text[PATH_MAX];
    snprintf(text, sizeof text,
             "[Profile0]\nIsRelative=0\nPath=%s/absolute\n"
             "[Profile1]\nIsRelative=1\nPath=../../above\n"
             "[Profile2]\nIsRelative=1\nPath=link\n"
             "[Profile3]\nIsRelative=1\nPath=link/inner\n",
             home);
    write_text(".mozilla/firefox/profiles.ini", text);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 5);
    assert_refused(at(&stores, "absolute"), HUFU_TRUST_OUTSIDE);
    assert_refused(at(&stores, ".mozilla/firefox/../../above"), HUFU_TRUST_OUTSIDE);
    assert_refused(at(&stores, ".mozilla/firefox/link"), HUFU_TRUST_NOT_OURS);
    assert_refused(at(&stores, ".mozilla/firefox/link/inner"), HUFU_TRUST_NOT_OURS);
}

static void names_with_dots_are_no_way_up(void **state)
{
    (void)state;
    make_folder(".mozilla/firefox/..x/a..b");
    write_text(".mozilla/firefox/profiles.ini", "[Profile0]\nPath=..x/a..b\n");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_usable(at(&stores, ".mozilla/firefox/..x/a..b"), "firefox");
}

static void broken_profile_list_is_shown(void **state)
{
    (void)state;
    make_folder(".mozilla/firefox/one.default");
    write_text(".mozilla/firefox/profiles.ini", "[Profile0]\nPath=one.default\nnonsense\n");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 3);
    assert_usable(at(&stores, ".mozilla/firefox/one.default"), "firefox");
    assert_refused(at(&stores, ".mozilla/firefox/profiles.ini"), HUFU_TRUST_UNREADABLE);
}

static void too_many_profiles_are_said_to_be(void **state)
{
    (void)state;
    make_folder(".mozilla/firefox");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 16 * 1024};
    for (int i = 0; i < 100; i++) {
        char name[64];
        snprintf(name, sizeof name, ".mozilla/firefox/%d", i);
        make_folder(name);
        hufu_buf_printf(&text, "[Profile%d]\nPath=%d\n", i, i);
    }
    write_text(".mozilla/firefox/profiles.ini", hufu_buf_text(&text));
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 64 + 1);
    assert_usable(at(&stores, new_chromium), "chromium");
    assert_refused(at(&stores, ".mozilla/firefox/profiles.ini"), HUFU_TRUST_UNREADABLE);
}

static void no_home_is_an_error(void **state)
{
    (void)state;
    struct hufu_stores stores = {0};
    unsetenv("HOME");
    assert_int_equal(hufu_stores_find(&stores, NULL), HUFU_E_STORE);
    assert_null(stores.items);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_user_has_the_new_place),
        TEST(old_place_is_enough),
        TEST(both_places_count),
        TEST(xdg_folders_are_honoured),
        TEST(links_and_files_are_refused),
        TEST(another_users_folder_is_refused),
        TEST(every_profile_of_both_roots),
        TEST(profiles_cannot_lead_away),
        TEST(names_with_dots_are_no_way_up),
        TEST(broken_profile_list_is_shown),
        TEST(too_many_profiles_are_said_to_be),
        TEST(no_home_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
