#include "system_folder.h"

#include "service/config.h"

HUFU_DEFINE_AUTO(struct hufu_config *, hufu_config_free)

/* The map may not be empty; what is tested is in a file that comes later. */
static const char map_file[] = "data/components.d/10.ini";
static const char data_file[] = "data/components.d/20.ini";
static const char user_file[] = ".config/hufu/hufu.ini";

static int setup(void **state)
{
    if (home_setup(state))
        return -1;
    write_text(map_file, "[product first]\nports = 1 2 3\n");
    return 0;
}

static struct hufu_problems problems; /* of the last load */

static enum hufu_status try_load(struct hufu_config **ret_config)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", home_path("data"));
    return hufu_config_load(folder, ret_config, &problems, NULL);
}

static struct hufu_config *load(void)
{
    struct hufu_config *config = NULL;
    assert_int_equal(try_load(&config), HUFU_OK);
    return config;
}

/* Whether hufud starts with this file. */
static bool loads_with(const char *name, const char *text)
{
    struct hufu_config *config = NULL;
    write_text(name, text);
    enum hufu_status status = try_load(&config);
    assert_int_equal(status == HUFU_OK, config != NULL);
    assert_true(status == HUFU_OK || status == HUFU_E_GENERAL);
    hufu_config_free(config);
    return status == HUFU_OK;
}

static void works_without_settings(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = load();
    assert_int_equal(config->product_count, 1);
    assert_int_equal(config->session_idle_s, 1800);
    assert_int_equal(config->call_deadline_s, 60);
    assert_int_equal(config->heartbeat_s, 10);
    assert_int_equal(config->worker_idle_s, 60);
    assert_int_equal(config->tls_oldest, 2);
}

static void reads_a_product(void **state)
{
    (void)state;
    write_text(data_file, "[product one]\ncomponent = gpki\nports = 4 56421 65535\n"
                          "path_ids = AAAA  BBBB\ncomnames = First Second\n"
                          "server_version = 1.0.0.1\nlibrary_version = 1.0.0.2\n"
                          "installer_version = 1.0.0.3\noldest_adapter = 1.0.0.4\n"
                          "last_error = get_lastError\n");
    HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = load();
    assert_int_equal(config->product_count, 2);
    const struct hufu_product *product = &config->products[1];
    assert_string_equal(product->name, "one");
    assert_string_equal(product->component, "gpki");
    assert_int_equal(product->ports[0], 4);
    assert_int_equal(product->ports[1], 56421);
    assert_int_equal(product->ports[2], 65535);
    assert_string_equal(product->path_ids[1], "BBBB");
    assert_string_equal(product->path_ids[2], "");
    assert_string_equal(product->comnames[0], "First");
    assert_string_equal(product->server_version, "1.0.0.1");
    assert_string_equal(product->library_version, "1.0.0.2");
    assert_string_equal(product->installer_version, "1.0.0.3");
    assert_string_equal(product->oldest_adapter, "1.0.0.4");
    assert_string_equal(product->last_error, "get_lastError");
}

static void a_map_without_products_is_an_error(void **state)
{
    (void)state;
    struct hufu_config *config = NULL;
    write_text(map_file, "# nothing\n");
    assert_int_equal(try_load(&config), HUFU_E_COMPONENT_MISSING);
    assert_null(config);
}

static void finds_a_product_by_its_names(void **state)
{
    (void)state;
    write_text(data_file, "[product one]\npath_ids = AAAA BBBB\ncomnames = First\n"
                          "[product two]\npath_ids = CCCC\ncomnames = Second Third\n");
    HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = load();
    const struct hufu_product *one = &config->products[1];
    const struct hufu_product *two = &config->products[2];
    assert_ptr_equal(hufu_config_product(config, "BBBB", ""), one);
    assert_ptr_equal(hufu_config_product(config, "cccc", ""), two);
    assert_ptr_equal(hufu_config_product(config, "", "THIRD"), two);
    assert_ptr_equal(hufu_config_product(config, "CCCC", "First"), two); /* PathID decides */
    assert_null(hufu_config_product(config, "DDDD", "First"));
    assert_null(hufu_config_product(config, "AAAA ", ""));
    assert_null(hufu_config_product(config, "AAA", ""));
    assert_null(hufu_config_product(config, "", "Fourth"));
    assert_null(hufu_config_product(config, "", ""));
}

static void later_folders_change_earlier_ones(void **state)
{
    (void)state;
    write_text(map_file,
               "[product one]\nports = 1 2 3\npath_ids = AAAA BBBB\nserver_version = 1.0.0.0\n");
    write_text("etc/components.d/10.ini",
               "[product one]\nports = 4 5 6\nserver_version = 2.0.0.0\n");
    write_text(".config/hufu/components.d/10.ini",
               "[product one]\npath_ids = CCCC\n[product two]\nports = 7 8 9\n");
    HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = load();
    assert_int_equal(config->product_count, 2);
    assert_string_equal(config->products[0].server_version, "2.0.0.0");
    assert_int_equal(config->products[0].ports[0], 4);
    assert_string_equal(config->products[0].path_ids[0], "CCCC");
    assert_string_equal(config->products[0].path_ids[1], ""); /* lists are replaced as a whole */
    assert_int_equal(config->products[1].ports[0], 7);
}

static const char *const broken_products[] = {
    "[product x]\nunknown = 1\n",
    "[products]\nports = 1 2 3\n",
    "[session]\nidle = 5\n",
    "ports = 1 2 3\n",
    "[product x]\nports = 1 2\n",
    "[product x]\nports = 1 2 3 4\n",
    "[product x]\nports = 1 2 0\n",
    "[product x]\nports = 1 2 65536\n",
    "[product x]\nports = 1 2 100000\n",
    "[product x]\nports = 1 2 -3\n",
    "[product x]\nports = 1 2 x\n",
    "[product x]\nports = 1,2,3\n",
    "[product x]\nports =\n",
    "[product x]\npath_ids = 1 2 3 4 5 6 7 8 9\n",
    "[product x]\ncomnames = 1 2 3 4 5 6 7 8 9\n",
    "[product x\nports = 1 2 3\n",
};

static void a_broken_map_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(broken_products); i++)
        if (loads_with(data_file, broken_products[i]))
            fail_msg("%s", broken_products[i]);
    assert_true(loads_with(data_file, "[product x]\npath_ids = 1 2 3 4 5 6 7 8\n"));
}

/* One key of one product with a value of that length. */
static bool loads_with_value(const char *key, size_t len)
{
    HUFU_AUTO(hufu_free) char *value = repeat('v', len);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    hufu_buf_printf(&text, "[product x]\n%s = %s\n", key, value);
    return loads_with(data_file, hufu_buf_text(&text));
}

static void bounds_every_text(void **state)
{
    (void)state;
    static const char *const names[] = {"component", "path_ids", "comnames", "last_error"};
    static const char *const versions[] = {"server_version", "library_version", "installer_version",
                                           "oldest_adapter"};
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(loads_with_value(names[i], HUFU_NAME_BYTES - 1));
        assert_false(loads_with_value(names[i], HUFU_NAME_BYTES));
    }
    for (size_t i = 0; i < COUNT(versions); i++) {
        assert_true(loads_with_value(versions[i], HUFU_VERSION_BYTES - 1));
        assert_false(loads_with_value(versions[i], HUFU_VERSION_BYTES));
    }
}

static void takes_64_products(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    for (int i = 1; i < HUFU_PRODUCTS_MAX; i++) /* and the first one */
        hufu_buf_printf(&text, "[product p%d]\nports = %d %d %d\n", i, 9 * i, 9 * i + 1, 9 * i + 2);
    assert_true(loads_with(data_file, hufu_buf_text(&text)));
    hufu_buf_add_text(&text, "[product p1]\nports = 4 5 6\n");
    assert_true(loads_with(data_file, hufu_buf_text(&text)));
    hufu_buf_add_text(&text, "[product more]\nports = 7 8 9\n");
    assert_false(loads_with(data_file, hufu_buf_text(&text)));
}

/* A mistake that is made in the file, and how it is told: its line, what was expected, and the name
 * of the other file. */
struct mistake {
    const char *file, *text;
    unsigned line;
    enum hufu_expected expected;
    const char *other;
};

static const struct mistake mistakes[] = {
    {user_file, "[log]\ndebug = yes\n[card]\ndeadline = soon\n", 4, HUFU_EXPECTED_TEN_MINUTES, ""},
    {user_file, "[session]\nidle = 0\n", 2, HUFU_EXPECTED_DAY, ""},
    {user_file, "[session]\nheartbeat = 61\n", 2, HUFU_EXPECTED_MINUTE, ""},
    {user_file, "[card]\nidle = 3601\n", 2, HUFU_EXPECTED_HOUR, ""},
    {user_file, "[log]\ndebug = on\n", 2, HUFU_EXPECTED_YES_NO, ""},
    {user_file, "[tls]\nmin = 1.0\n", 2, HUFU_EXPECTED_TLS, ""},
    {user_file, "[pin]\nprogram = pinentry\n", 2, HUFU_EXPECTED_PATH, ""},
    {user_file, "[sitez]\nallow = https://a.tw\n", 2, HUFU_EXPECTED_SETTING, ""},
    {user_file, "[log]\n\nwhat is this\n", 3, HUFU_EXPECTED_LINE, ""},
    {data_file, "[product x]\nports = 4 5\n", 2, HUFU_EXPECTED_PORTS, ""},
    {data_file, "[product x]\nports = 4 5 6\nversion = 1\n", 3, HUFU_EXPECTED_PRODUCT, ""},
    {data_file, "[product x]\ncomnames = 1 2 3 4 5 6 7 8 9\n", 2, HUFU_EXPECTED_NAMES, ""},
    {data_file, "[product x]\nports = 6 5 3\n", 0, HUFU_EXPECTED_OWN_PORTS, map_file},
    {data_file, "[product x]\npath_ids = AB CD\n", 0, HUFU_EXPECTED_OWN_PATH_ID, map_file},
    {data_file, "[product x]\ncomnames = FIRST\n", 0, HUFU_EXPECTED_OWN_COMNAME, map_file},
    {data_file, "[product first]\nports = 4 5 6\n", 2, HUFU_EXPECTED_OWN_PRODUCT, map_file},
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void tells_file_line_and_what_was_expected(void **state)
{
    (void)state;
    write_text(map_file, "[product first]\nports = 1 2 3\npath_ids = cd\ncomnames = First\n");
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        const struct mistake *mistake = &mistakes[i];
        write_text(user_file, "");
        write_text(data_file, "");
        if (loads_with(mistake->file, mistake->text))
            fail_msg("%s", mistake->text);
        const struct hufu_problem *problem = &problems.items[0];
        assert_int_equal(problems.count, 1);
        assert_true(ends_with(problem->file, mistake->file));
        assert_true(ends_with(problem->other, mistake->other));
        assert_int_equal(problem->line, mistake->line);
        assert_int_equal(problem->expected, mistake->expected);
    }
}

static void two_files_are_two_problems(void **state)
{
    (void)state;
    struct hufu_config *config = NULL;
    write_text(user_file, "[log]\ndebug = on\n[tls]\nmin = 1\n");
    write_text(data_file, "[product x]\nports = 4 5\n");
    assert_int_equal(try_load(&config), HUFU_E_GENERAL);
    assert_int_equal(problems.count, 2);
    assert_int_equal(hufu_problems_write(&problems), 0);
    struct hufu_problems kept;
    hufu_problems_read(&kept);
    assert_int_equal(kept.count, 2);
    for (size_t i = 0; i < kept.count; i++) {
        assert_string_equal(kept.items[i].file, problems.items[i].file);
        assert_int_equal(kept.items[i].line, problems.items[i].line);
        assert_int_equal(kept.items[i].expected, problems.items[i].expected);
    }
    write_text(user_file, "");
    write_text(data_file, "");
    hufu_config_free(load());
    assert_int_equal(hufu_problems_write(&problems), 0);
    hufu_problems_read(&kept);
    assert_int_equal(kept.count, 0);
}

/* What can be said to pages while nothing works: on which ports. */
static void a_start_has_the_rest(void **state)
{
    (void)state;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", home_path("data"));
    write_text(data_file, "[product x]\nports = 4 5 6\nnonsense = 1\npath_ids = AB\n");
    write_text(user_file, "[card]\ndeadline = soon\nidle = 7\n");
    HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = NULL;
    assert_int_equal(hufu_config_load_rest(folder, &config, &problems, NULL), HUFU_OK);
    assert_true(config->unsound);
    assert_int_equal(config->product_count, 2);
    assert_int_equal(config->products[1].ports[2], 6);
    assert_string_equal(config->products[1].path_ids[0], "AB");
    assert_int_equal(config->call_deadline_s, 60);
    assert_int_equal(config->worker_idle_s, 7);
}

static const char *const broken_settings[] = {
    "[site]\nallow = https://a.tw\n",
    "allow = https://a.tw\n",
    "[session]\nunknown = 5\n",
    "[product x]\nports = 1 2 3\n",
    "[tls]\nmin = 1.0\n",
    "[tls]\nmin = 1.4\n",
    "[tls]\nmin = 1.20\n",
    "[tls]\nmin = 2\n",
    "[tls]\nmin = TLS 1.2\n",
    "[tls]\nmin =\n",
    "[tls]\nmax = 1.3\n",
    "[session]\nidle = 5x\n",
    "[session]\nidle = x\n",
    "[session]\nidle = 0x10\n",
    "[session]\nidle = -1\n",
    "[session]\nidle = 1.5\n",
    "[session]\nidle =\n",
    "[session]\nidle = 99999999999999999999\n",
    "[pin]\nprogram = pinentry\n",
    "[card]\nfolder = relative\n",
};

static void broken_settings_are_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(broken_settings); i++)
        if (loads_with(user_file, broken_settings[i]))
            fail_msg("%s", broken_settings[i]);
    assert_true(loads_with(user_file, "[pin]\nprogram = /usr/bin/pinentry-qt\n"
                                      "[card]\nfolder = /opt/card\n"));
    assert_true(loads_with(user_file, "[sites]\nalow = a.tw\n")); /* src/sites judges */
}

struct bound {
    const char *section, *name;
    unsigned min, max;
};

static const struct bound bounds[] = {
    {"session", "idle", 1, 86400},
    {"session", "heartbeat", 1, 60},
    {"card", "deadline", 1, 600},
    {"card", "idle", 1, 3600},
};

static bool loads_with_number(const struct bound *bound, unsigned number)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    hufu_buf_printf(&text, "[%s]\n%s = %u\n", bound->section, bound->name, number);
    return loads_with(user_file, hufu_buf_text(&text));
}

static void bounds_every_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++) {
        assert_false(loads_with_number(&bounds[i], bounds[i].min - 1));
        assert_true(loads_with_number(&bounds[i], bounds[i].min));
        assert_true(loads_with_number(&bounds[i], bounds[i].max));
        assert_false(loads_with_number(&bounds[i], bounds[i].max + 1));
    }
}

static void numbers_reach_their_fields(void **state)
{
    (void)state;
    write_text("etc/hufu.ini", "[session]\nidle = 11\nheartbeat = 12\n");
    write_text(user_file, "[session]\nheartbeat = 13\n[card]\ndeadline = 14\nidle = 15\n");
    HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = load();
    assert_int_equal(config->session_idle_s, 11);
    assert_int_equal(config->heartbeat_s, 13);
    assert_int_equal(config->call_deadline_s, 14);
    assert_int_equal(config->worker_idle_s, 15);
}

static void reads_the_oldest_tls(void **state)
{
    (void)state;
    static const char *const texts[] = {
        [1] = "[tls]\nmin = 1.1\n", [2] = "[tls]\nmin = 1.2\n", [3] = "[tls]\nmin = 1.3\n"};
    for (unsigned minor = 1; minor < COUNT(texts); minor++) {
        write_text(user_file, texts[minor]);
        HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = load();
        assert_int_equal(config->tls_oldest, minor);
    }
}

static void the_installed_map_is_sound(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_config_free_auto) struct hufu_config *config = NULL;
    const char *folder = getenv("HUFU_TEST_DATA");
    assert_non_null(folder);
    assert_int_equal(hufu_config_load(folder, &config, &problems, NULL), HUFU_OK);
    const struct hufu_product *windows =
        hufu_config_product(config, "", "YuantaCGGPKICryptSVIAdapter");
    const struct hufu_product *mac =
        hufu_config_product(config, "80E4364F8CC0481888B054197BF8F058", "YuantaServiSign");
    assert_non_null(windows);
    assert_ptr_equal(windows, mac);
    assert_string_equal(windows->component, "gpki");
    assert_string_equal(windows->last_error, "get_lastError");
    for (size_t i = 0; i < config->product_count; i++)
        for (int port = 0; port < HUFU_PORTS; port++)
            assert_in_range(config->products[i].ports[port], 1024, UINT16_MAX);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(works_without_settings),
        TEST(reads_a_product),
        TEST(a_map_without_products_is_an_error),
        TEST(finds_a_product_by_its_names),
        TEST(later_folders_change_earlier_ones),
        TEST(a_broken_map_is_an_error),
        TEST(bounds_every_text),
        TEST(takes_64_products),
        TEST(tells_file_line_and_what_was_expected),
        TEST(two_files_are_two_problems),
        TEST(a_start_has_the_rest),
        TEST(broken_settings_are_an_error),
        TEST(bounds_every_number),
        TEST(numbers_reach_their_fields),
        TEST(reads_the_oldest_tls),
        TEST(the_installed_map_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
