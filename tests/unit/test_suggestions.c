#include "system_folder.h"

#include "sites/suggestions.h"

HUFU_DEFINE_AUTO(struct hufu_suggestions *, hufu_suggestions_free)

static enum hufu_status load_from(const char *folder, struct hufu_suggestions **ret_suggestions)
{
    return hufu_suggestions_load(folder, ret_suggestions, NULL);
}

static bool loads_with(const char *text)
{
    HUFU_AUTO(hufu_suggestions_free_auto) struct hufu_suggestions *suggestions = NULL;
    char folder[PATH_MAX];
    write_text("data/sites.d/a.ini", text);
    snprintf(folder, sizeof folder, "%s", home_path("data"));
    return load_from(folder, &suggestions) == HUFU_OK;
}

static void names_the_installed_sites(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_suggestions_free_auto) struct hufu_suggestions *suggestions = NULL;
    assert_int_equal(load_from(getenv("HUFU_TEST_DATA"), &suggestions), HUFU_OK);
    static const char moica[] = "https://moica.nat.gov.tw";
    assert_string_equal(hufu_suggestions_name(suggestions, moica, HUFU_LANGUAGE_ZH_TW),
                        "內政部憑證管理中心");
    assert_string_equal(hufu_suggestions_name(suggestions, moica, HUFU_LANGUAGE_EN),
                        "MOI Certification Authority");
    assert_null(hufu_suggestions_name(suggestions, "http://moica.nat.gov.tw", HUFU_LANGUAGE_EN));
    assert_null(hufu_suggestions_name(suggestions, "https://x.moica.nat.gov.tw", HUFU_LANGUAGE_EN));
    assert_null(hufu_suggestions_name(suggestions, "", HUFU_LANGUAGE_EN));
    assert_null(hufu_suggestions_name(NULL, moica, HUFU_LANGUAGE_EN));
}

static void tells_its_sites_one_after_another(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_suggestions_free_auto) struct hufu_suggestions *suggestions = NULL;
    char folder[PATH_MAX];
    write_text("data/sites.d/a.ini",
               "[site a]\norigin = https://a.tw\n[site b]\norigin = https://b.tw\n");
    snprintf(folder, sizeof folder, "%s", home_path("data"));
    assert_int_equal(load_from(folder, &suggestions), HUFU_OK);
    assert_string_equal(hufu_suggestions_origin(suggestions, 0), "https://a.tw");
    assert_string_equal(hufu_suggestions_origin(suggestions, 1), "https://b.tw");
    assert_null(hufu_suggestions_origin(suggestions, 2));
}

static const char *const broken[] = {
    "[site a]\norigin = a.tw\n", "[site a]\norigin = https://*.tw\n",
    "[site a]\nname = A\n",      "[a]\nen = A\n",
    "[site a]\nen =\n",
};

static void a_broken_list_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        if (loads_with(broken[i]))
            fail_msg("%s", broken[i]);
    assert_true(loads_with("[site a]\norigin = https://a.tw\nen = A\nzh = 甲\n"));
}

static void takes_256(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 64 * 1024};
    for (int i = 0; i < HUFU_SUGGESTIONS_MAX; i++)
        hufu_buf_printf(&text, "[site %d]\nen = A\n", i);
    assert_true(loads_with(hufu_buf_text(&text)));
    hufu_buf_add_text(&text, "[site more]\nen = A\n");
    assert_false(loads_with(hufu_buf_text(&text)));
}

static void bounds_a_name(void **state)
{
    (void)state;
    for (size_t len = HUFU_SUGGESTION_NAME_BYTES - 1; len <= HUFU_SUGGESTION_NAME_BYTES; len++) {
        HUFU_AUTO(hufu_free) char *name = repeat('x', len);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
        hufu_buf_printf(&text, "[site a]\nzh = %s\n", name);
        assert_int_equal(loads_with(hufu_buf_text(&text)), len < HUFU_SUGGESTION_NAME_BYTES);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_the_installed_sites),
        TEST(tells_its_sites_one_after_another),
        TEST(a_broken_list_is_an_error),
        TEST(takes_256),
        TEST(bounds_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
