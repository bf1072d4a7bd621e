#include "system_folder.h"

#include "sites/sites.h"

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)

static const char system_file[] = "etc/hufu.ini";
static const char user_file[] = ".config/hufu/hufu.ini";
static const char answers[] = ".local/state/hufu/sites.ini";

static struct hufu_sites *load(void)
{
    struct hufu_sites *sites = NULL;
    assert_int_equal(hufu_sites_load(&sites, NULL), HUFU_OK);
    return sites;
}

static bool loads(void)
{
    struct hufu_sites *sites = NULL;
    struct hufu_error err = {0};
    enum hufu_status status = hufu_sites_load(&sites, &err);
    assert_int_equal(status == HUFU_OK, sites != NULL);
    assert_true(status == HUFU_OK || (status == HUFU_E_SITES && err.detail[0]));
    hufu_sites_free(sites);
    return status == HUFU_OK;
}

static bool loads_with(const char *name, const char *text)
{
    write_text(name, text);
    return loads();
}

static void assert_rights(const struct hufu_sites *sites, const char *origin, unsigned allowed,
                          unsigned refused)
{
    struct hufu_rights rights = hufu_sites_rights(sites, origin);
    if (rights.allowed != allowed || rights.refused != refused)
        fail_msg("%s: allowed %x, refused %x", origin, rights.allowed, rights.refused);
}

static void works_without_files(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    assert_int_equal(sites->count, 0);
    assert_true(sites->ask);
    assert_rights(sites, "https://a.tw", 0, 0);
}

static void without_a_table_all_is_refused(void **state)
{
    (void)state;
    assert_rights(NULL, "https://a.tw", 0, HUFU_SCOPES_ALL);
}

static void compares_whole_origins(void **state)
{
    (void)state;
    static const char *const others[] = {"http://a.tw",
                                         "https://a.tw:444",
                                         "https://A.tw",
                                         "https://x.a.tw",
                                         "https://a.tw.",
                                         "null",
                                         ""};
    write_text(system_file, "[sites]\nallow = https://a.tw\n");
    write_text(user_file, "[sites]\nallow = https://b.tw\nallow = http://127.0.0.1:3000\n");
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    assert_int_equal(sites->count, 3);
    assert_rights(sites, "https://a.tw", HUFU_SCOPES_USE, 0);
    assert_rights(sites, "https://b.tw", HUFU_SCOPES_USE, 0);
    assert_rights(sites, "http://127.0.0.1:3000", HUFU_SCOPES_USE, 0);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_rights(sites, others[i], 0, 0);
}

static void reads_scopes(void **state)
{
    (void)state;
    write_text(user_file, "[sites]\n"
                          "allow = https://all.tw all\n"
                          "allow = https://sign.tw sign\n"
                          "allow = https://two.tw see  decrypt\n"
                          "refuse = https://none.tw\n"
                          "refuse = https://part.tw pin decrypt\n"
                          "allow = https://part.tw all\n");
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    assert_rights(sites, "https://all.tw", HUFU_SCOPES_ALL, 0);
    assert_rights(sites, "https://sign.tw", HUFU_SCOPE_SEE | HUFU_SCOPE_SIGN, 0);
    assert_rights(sites, "https://two.tw", HUFU_SCOPE_SEE | HUFU_SCOPE_DECRYPT, 0);
    assert_rights(sites, "https://none.tw", 0, HUFU_SCOPES_ALL);
    assert_rights(sites, "https://part.tw", HUFU_SCOPES_USE, HUFU_SCOPE_PIN | HUFU_SCOPE_DECRYPT);
}

static void a_refusal_beats_an_allowance(void **state)
{
    (void)state;
    write_text(system_file, "[sites]\nrefuse = https://a.tw sign\nallow = https://b.tw\n");
    write_text(user_file, "[sites]\nallow = https://a.tw all\nallow = https://c.tw\n");
    write_text(answers, "[sites]\nrefuse = https://b.tw\nrefuse = https://c.tw see\n"
                        "allow = https://a.tw sign\n");
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    assert_rights(sites, "https://a.tw", HUFU_SCOPES_ALL & ~(unsigned)HUFU_SCOPE_SIGN,
                  HUFU_SCOPE_SIGN);
    assert_rights(sites, "https://b.tw", 0, HUFU_SCOPES_ALL);
    assert_rights(sites, "https://c.tw", 0, HUFU_SCOPES_ALL);
    const struct hufu_site *site = hufu_sites_find(sites, "https://b.tw");
    assert_non_null(site);
    assert_int_equal(site->from[HUFU_SITES_ADMINISTRATOR].allowed, HUFU_SCOPES_USE);
    assert_int_equal(site->from[HUFU_SITES_ANSWERS].refused, HUFU_SCOPES_ALL);
}

static bool asks(const char *system, const char *user)
{
    write_text(system_file, system);
    write_text(user_file, user);
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    return sites->ask;
}

static void a_kiosk_stays_one(void **state)
{
    (void)state;
    assert_true(asks("[sites]\nask = yes\n", ""));
    assert_false(asks("[sites]\nask = no\n", "[sites]\nask = yes\n"));
    assert_false(asks("", "[sites]\nask = no\n"));
}

static const char *const broken[] = {
    "[sites]\nallow = a.tw\n",
    "[sites]\nallow = https://a.tw/\n",
    "[sites]\nallow = https://*.tw\n",
    "[sites]\nallow = *\n",
    "[sites]\nallow = null\n",
    "[sites]\nallow =\n",
    "[sites]\nallow = https://a.tw https://b.tw\n",
    "[sites]\nallow = https://a.tw sing\n",
    "[sites]\nallow = https://a.tw see,sign\n",
    "[sites]\nalow = https://a.tw\n",
    "[sites]\nask = maybe\n",
    "[sites\nallow = https://a.tw\n",
};

static void a_broken_file_is_an_error(void **state)
{
    (void)state;
    static const char *const files[] = {system_file, user_file, answers};
    for (size_t i = 0; i < COUNT(files); i++) {
        for (size_t j = 0; j < COUNT(broken); j++)
            if (loads_with(files[i], broken[j]))
                fail_msg("%s: %s", files[i], broken[j]);
        assert_true(loads_with(files[i], ""));
    }
    assert_true(loads_with(user_file, "[session]\nidle = 5\n"));
    assert_false(loads_with(answers, "[session]\nidle = 5\n"));
    assert_false(loads_with(answers, "[sites]\nask = no\n"));
}

static void the_answers_are_for_this_user_alone(void **state)
{
    (void)state;
    static const mode_t open_modes[] = {0640, 0620, 0604, 0602, 0610};
    write_text(answers, "");
    for (size_t i = 0; i < COUNT(open_modes); i++) {
        chmod(home_path(answers), open_modes[i]);
        assert_false(loads());
    }
    chmod(home_path(answers), 0600);
    assert_true(loads());
    chmod(home_path(".local/state/hufu"), 0770);
    assert_false(loads());
    chmod(home_path(".local/state/hufu"), 0755);
    assert_true(loads());
}

static void the_answers_are_a_plain_file(void **state)
{
    (void)state;
    char target[PATH_MAX];
    write_text("elsewhere", "");
    write_text(answers, "");
    snprintf(target, sizeof target, "%s", home_path("elsewhere"));
    remove(home_path(answers));
    assert_int_equal(symlink(target, home_path(answers)), 0);
    assert_false(loads());
    remove(home_path(answers));
    assert_int_equal(mkdir(home_path(answers), 0700), 0);
    assert_false(loads());
    remove(home_path(answers));
    write_text(answers, "");
    if (geteuid() == 0 && chown(home_path(answers), 1, 1) == 0)
        assert_false(loads());
}

static void takes_1024_sites(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 128 * 1024};
    hufu_buf_add_text(&text, "[sites]\n");
    for (int i = 0; i < HUFU_SITES_MAX; i++)
        hufu_buf_printf(&text, "allow = https://s%d.tw all\n", i);
    assert_true(loads_with(user_file, hufu_buf_text(&text)));
    assert_true(loads_with(answers, "[sites]\nrefuse = https://s1023.tw\n"));
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    for (int i = 0; i < HUFU_SITES_MAX - 1; i++) {
        char origin[32];
        snprintf(origin, sizeof origin, "https://s%d.tw", i);
        assert_rights(sites, origin, HUFU_SCOPES_ALL, 0);
    }
    assert_rights(sites, "https://s1023.tw", 0, HUFU_SCOPES_ALL);
    assert_false(loads_with(answers, "[sites]\nallow = https://more.tw\n"));
}

/* The longest row there can be. */
static void takes_the_longest_origin(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *origin = repeat('a', HUFU_ORIGIN_MAX);
    memcpy(origin, "https://", 8);
    assert_int_equal(hufu_sites_change(HUFU_SITES_REFUSE, origin, HUFU_SCOPES_ALL, NULL), HUFU_OK);
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    assert_rights(sites, origin, 0, HUFU_SCOPES_ALL);
}

static void change(enum hufu_sites_change how, unsigned scopes, unsigned allowed, unsigned refused)
{
    assert_int_equal(hufu_sites_change(how, "https://a.tw", scopes, NULL), HUFU_OK);
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    assert_rights(sites, "https://a.tw", allowed, refused);
    assert_rights(sites, "https://b.tw", HUFU_SCOPES_ALL, 0);
}

static void changes_one_site(void **state)
{
    (void)state;
    write_text(user_file, "[sites]\nask = no\n");
    write_text(answers, "[sites]\nallow = https://b.tw all\n");
    change(HUFU_SITES_ALLOW, HUFU_SCOPES_USE, HUFU_SCOPES_USE, 0);
    change(HUFU_SITES_ALLOW, HUFU_SCOPE_PIN, HUFU_SCOPES_USE | HUFU_SCOPE_PIN, 0);
    change(HUFU_SITES_REFUSE, HUFU_SCOPE_DECRYPT, HUFU_SCOPES_USE | HUFU_SCOPE_PIN,
           HUFU_SCOPE_DECRYPT);
    change(HUFU_SITES_FORGET, HUFU_SCOPE_DECRYPT, HUFU_SCOPES_USE | HUFU_SCOPE_PIN, 0);
    change(HUFU_SITES_REFUSE, HUFU_SCOPE_SEE, 0, HUFU_SCOPES_ALL);
    change(HUFU_SITES_ALLOW, HUFU_SCOPE_SIGN, HUFU_SCOPE_SEE | HUFU_SCOPE_SIGN, 0);
    change(HUFU_SITES_FORGET, HUFU_SCOPES_ALL, 0, 0);
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = load();
    assert_int_equal(sites->count, 1); /* a forgotten one leaves no row */
    struct stat info;
    assert_int_equal(stat(home_path(answers), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void makes_its_folder(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(hufu_sites_change(HUFU_SITES_ALLOW, "https://a.tw", HUFU_SCOPES_USE, NULL),
                     HUFU_OK);
    assert_int_equal(stat(home_path(".local/state/hufu"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
}

static void changes_nothing_that_is_broken(void **state)
{
    (void)state;
    write_text(answers, "[sites]\nalow = https://a.tw\n");
    assert_int_equal(hufu_sites_change(HUFU_SITES_ALLOW, "https://b.tw", HUFU_SCOPES_USE, NULL),
                     HUFU_E_SITES);
    write_text(answers, "");
    assert_int_equal(hufu_sites_change(HUFU_SITES_ALLOW, "b.tw", HUFU_SCOPES_USE, NULL),
                     HUFU_E_GENERAL);
    assert_true(loads());
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(works_without_files),
        TEST(without_a_table_all_is_refused),
        TEST(compares_whole_origins),
        TEST(reads_scopes),
        TEST(a_refusal_beats_an_allowance),
        TEST(a_kiosk_stays_one),
        TEST(a_broken_file_is_an_error),
        TEST(the_answers_are_for_this_user_alone),
        TEST(the_answers_are_a_plain_file),
        TEST(takes_1024_sites),
        TEST(takes_the_longest_origin),
        TEST(changes_one_site),
        TEST(makes_its_folder),
        TEST(changes_nothing_that_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
