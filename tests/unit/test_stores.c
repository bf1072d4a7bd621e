#include "home.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "trust/places.h"
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
        SKIP("root, who can give a folder away");
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

static void absolute_profiles_below_home_are_the_users_own(void **state)
{
    (void)state;
    make_folder("absolute");
    make_folder(".mozilla/firefox");
    char text[PATH_MAX];
    snprintf(text, sizeof text, "[Profile0]\nIsRelative=0\nPath=%s/absolute\n", home);
    write_text(".mozilla/firefox/profiles.ini", text);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_usable(at(&stores, "absolute"), "firefox");
}

static void profiles_cannot_lead_away(void **state)
{
    (void)state;
    make_folder("above");
    make_folder("linked/inner");
    make_folder(".mozilla/firefox");
    assert_int_equal(symlink("../../linked", home_path(".mozilla/firefox/link")), 0);
    char text[PATH_MAX];
    snprintf(text, sizeof text,
             "[Profile0]\nIsRelative=0\nPath=/etc\n"
             "[Profile4]\nIsRelative=0\nPath=%s/linked/../above\n"
             "[Profile1]\nIsRelative=1\nPath=../../above\n"
             "[Profile2]\nIsRelative=1\nPath=link\n"
             "[Profile3]\nIsRelative=1\nPath=link/inner\n",
             home);
    write_text(".mozilla/firefox/profiles.ini", text);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 6);
    assert_string_equal(stores.items[1].path, "/etc");
    assert_refused(&stores.items[1], HUFU_TRUST_OUTSIDE);
    assert_refused(at(&stores, "linked/../above"), HUFU_TRUST_OUTSIDE);
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

static void a_list_that_is_none_is_shown_and_hides_nothing(void **state)
{
    (void)state;
    make_folder(".mozilla/firefox/one.default");
    write_text(".mozilla/firefox/one.default/cert9.db", "");
    assert_int_equal(mkfifo(home_path(".mozilla/firefox/profiles.ini"), 0600), 0);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 3);
    assert_usable(at(&stores, ".mozilla/firefox/one.default"), "firefox");
    assert_refused(at(&stores, ".mozilla/firefox/profiles.ini"), HUFU_TRUST_BAD_LIST);
}

static void installs_ini_and_the_folder_count_too(void **state)
{
    (void)state;
    make_folder(".mozilla/firefox/listed");
    make_folder(".mozilla/firefox/installed");
    make_folder(".mozilla/firefox/used");
    make_folder(".mozilla/firefox/Crash Reports");
    write_text(".mozilla/firefox/used/compatibility.ini", "");
    write_text(".mozilla/firefox/profiles.ini", "[Profile0]\nPath=listed\n");
    write_text(".mozilla/firefox/installs.ini", "[4F96D1932A9F858E]\nDefault=installed\n");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 4);
    assert_usable(at(&stores, ".mozilla/firefox/listed"), "firefox");
    assert_usable(at(&stores, ".mozilla/firefox/installed"), "firefox");
    assert_usable(at(&stores, ".mozilla/firefox/used"), "firefox");
}

static void old_formats_wait_for_the_browser(void **state)
{
    (void)state;
    make_folder(".mozilla/firefox/old");
    make_folder(".mozilla/firefox/both");
    write_text(".mozilla/firefox/old/key3.db", "");
    write_text(".mozilla/firefox/both/cert8.db", "");
    write_text(".mozilla/firefox/both/cert9.db", "");
    write_text(".mozilla/firefox/profiles.ini", "[Profile0]\nPath=old\n[Profile1]\nPath=both\n");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_refused(at(&stores, ".mozilla/firefox/old"), HUFU_TRUST_LEGACY);
    assert_usable(at(&stores, ".mozilla/firefox/both"), "firefox");
}

static void write_profiles(int count)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1024 * 1024};
    for (int i = 0; i < count; i++)
        hufu_buf_printf(&text, "[Profile%d]\nPath=%d\n", i, i);
    write_text(".mozilla/firefox/profiles.ini", hufu_buf_text(&text));
}

static void too_many_profiles_are_said_to_be(void **state)
{
    (void)state;
    enum { MANY = 10 * 1000, PROFILES_MAX = 64 };
    make_folder(".librewolf/other");
    write_text(".librewolf/profiles.ini", "[Profile0]\nPath=other\n");
    for (int i = 0; i <= PROFILES_MAX; i++) {
        char name[64];
        snprintf(name, sizeof name, ".mozilla/firefox/%d", i);
        make_folder(name);
    }
    write_profiles(PROFILES_MAX);
    struct hufu_stores stores = find();
    assert_int_equal(stores.count, 1 + PROFILES_MAX + 1);
    hufu_stores_done(&stores);
    write_profiles(MANY);
    stores = find();
    assert_int_equal(stores.count, 1 + PROFILES_MAX + 1 + 1);
    assert_refused(at(&stores, ".mozilla/firefox"), HUFU_TRUST_TOO_MANY);
    assert_usable(at(&stores, ".librewolf/other"),
                  "firefox"); /* a full folder is no other's loss */
    hufu_stores_done(&stores);
}

static void refused_profiles_hide_no_good_one(void **state)
{
    (void)state;
    enum { PROFILES_MAX = 64 };
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1024 * 1024};
    for (int i = 0; i <= PROFILES_MAX; i++)
        hufu_buf_printf(&text, "[Profile%d]\nPath=../%d\n", i, i);
    hufu_buf_add_text(&text, "[Profile]\nPath=good\n");
    make_folder(".mozilla/firefox/good");
    write_text(".mozilla/firefox/profiles.ini", hufu_buf_text(&text));
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 1 + PROFILES_MAX + 1 + 1);
    assert_usable(at(&stores, ".mozilla/firefox/good"), "firefox");
    assert_refused(at(&stores, ".mozilla/firefox"), HUFU_TRUST_TOO_MANY);
}

/* A store of each row, as a browser has it after its first start. */
static void every_place_is_found(void **state)
{
    (void)state;
    char name[PATH_MAX / 2];
    make_folder(".config/hufu");
    write_text(".config/hufu/hufu.ini", "[trust]\nthunderbird = yes\n");
    static const char *const bases[] = {"", ".config/", ".local/share/"};
    for (size_t i = 0; i < hufu_place_count; i++) {
        const struct hufu_place *place = &hufu_places[i];
        bool has_profiles = place->layout == HUFU_PLACE_PROFILES;
        snprintf(name, sizeof name, "%s%s/%s", bases[place->base], place->path,
                 has_profiles ? "x.default" : "nssdb");
        make_folder(name);
        snprintf(name, sizeof name, "%s%s/%s/cert9.db", bases[place->base], place->path,
                 has_profiles ? "x.default" : "nssdb");
        write_text(name, "");
    }
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, hufu_place_count);
    for (size_t i = 0; i < hufu_place_count; i++) {
        const struct hufu_place *place = &hufu_places[i];
        assert_usable(&stores.items[i],
                      place->layout == HUFU_PLACE_PROFILES ? "firefox" : "chromium");
        assert_string_equal(stores.items[i].browser, place->browser);
        assert_string_equal(stores.items[i].package, place->package);
    }
}

static void mail_is_left_alone_unless_asked_for(void **state)
{
    (void)state;
    make_folder(".thunderbird/x");
    write_text(".thunderbird/x/cert9.db", "");
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 1);
}

static void packages_have_a_store_before_the_first_page(void **state)
{
    (void)state;
    make_folder(".var/app/com.google.Chrome");
    make_folder(".var/app/com.brave.Browser/.pki/nssdb");
    make_folder("snap/chromium/2345");
    make_folder("snap/brave"); /* installed, and not started yet */
    assert_int_equal(symlink("2345", home_path("snap/chromium/current")), 0);
    assert_int_equal(symlink("nowhere", home_path("snap/brave/current")), 0);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 4);
    assert_usable(at(&stores, new_chromium), "chromium");
    assert_usable(at(&stores, "snap/chromium/current/.local/share/pki/nssdb"), "chromium");
    assert_usable(at(&stores, ".var/app/com.google.Chrome/data/pki/nssdb"), "chromium");
    assert_usable(at(&stores, ".var/app/com.brave.Browser/.pki/nssdb"), "chromium");
}

/* Where ~/.mozilla leads, and what comes of the profile there. */
static void the_way_to_a_place_may_be_a_link_inside_home(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        const char *path;
        enum hufu_trust_reason reason;
    } rows[] = {
        {"disk", ".mozilla/firefox/x", HUFU_TRUST_NO_REASON},
        {"/etc", NULL, HUFU_TRUST_NO_REASON}, /* which has no firefox */
        {"/", NULL, HUFU_TRUST_NO_REASON},
        {"../outside", ".mozilla/firefox", HUFU_TRUST_OUTSIDE},
        {".mozilla", ".mozilla/firefox", HUFU_TRUST_NOT_OURS},
    };
    make_folder("outside/firefox/x");
    make_folder("home/disk/firefox/x");
    write_text("outside/firefox/x/cert9.db", "");
    write_text("home/disk/firefox/x/cert9.db", "");
    char user[PATH_MAX];
    snprintf(user, sizeof user, "%s", home_path("home"));
    setenv("HOME", user, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[PATH_MAX / 2];
        assert_int_equal(symlink(rows[i].target, home_path("home/.mozilla")), 0);
        HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
        assert_int_equal(stores.count, rows[i].path ? 2 : 1);
        snprintf(path, sizeof path, "home/%s", rows[i].path ? rows[i].path : "");
        if (rows[i].path && rows[i].reason)
            assert_refused(at(&stores, path), rows[i].reason);
        else if (rows[i].path)
            assert_usable(at(&stores, path), "firefox");
        assert_int_equal(unlink(home_path("home/.mozilla")), 0);
    }
}

static void one_folder_by_two_names_is_one_store(void **state)
{
    (void)state;
    make_folder(".config/mozilla/firefox/x");
    write_text(".config/mozilla/firefox/profiles.ini", "[Profile0]\nPath=x\nPath=./x/\nPath=x//\n");
    assert_int_equal(symlink(".config/mozilla", home_path(".mozilla")), 0);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 2);
    assert_usable(at(&stores, ".mozilla/firefox/x"), "firefox");
}

static void a_home_that_is_a_link_is_a_home(void **state)
{
    (void)state;
    make_folder("disk/user/.mozilla/firefox/x");
    make_folder("disk/user/y");
    char text[PATH_MAX];
    snprintf(text, sizeof text, "[Profile0]\nPath=x\n[Profile1]\nPath=%s/disk/user/y\n", home);
    write_text("disk/user/.mozilla/firefox/profiles.ini", text);
    assert_int_equal(symlink("disk/user", home_path("link")), 0);
    setenv("HOME", home_path("link"), 1);
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = find();
    assert_int_equal(stores.count, 3);
    assert_usable(at(&stores, "link/.local/share/pki/nssdb"), "chromium");
    assert_usable(at(&stores, "link/.mozilla/firefox/x"), "firefox");
    assert_usable(at(&stores, "disk/user/y"), "firefox");
}

static void no_home_is_an_error(void **state)
{
    (void)state;
    struct hufu_stores stores = {0};
    unsetenv("HOME");
    assert_int_equal(hufu_stores_find(&stores, NULL), HUFU_E_HOME);
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
        TEST(absolute_profiles_below_home_are_the_users_own),
        TEST(profiles_cannot_lead_away),
        TEST(names_with_dots_are_no_way_up),
        TEST(a_list_that_is_none_is_shown_and_hides_nothing),
        TEST(installs_ini_and_the_folder_count_too),
        TEST(old_formats_wait_for_the_browser),
        TEST(too_many_profiles_are_said_to_be),
        TEST(refused_profiles_hide_no_good_one),
        TEST(every_place_is_found),
        TEST(mail_is_left_alone_unless_asked_for),
        TEST(packages_have_a_store_before_the_first_page),
        TEST(the_way_to_a_place_may_be_a_link_inside_home),
        TEST(one_folder_by_two_names_is_one_store),
        TEST(a_home_that_is_a_link_is_a_home),
        TEST(no_home_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
