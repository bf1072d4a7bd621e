#include "bytes.h"

#include "error/error.h"

static bool code_in_range(int code)
{
    return (code >= 61001 && code <= 61998) || (code >= 5001 && code <= 5999) ||
           (code >= 9001 && code <= 9999);
}

static void every_row_speaks_both_languages(void **state)
{
    (void)state;
    for (int i = 0; i < HUFU_STATUS_COUNT; i++)
        for (int language = HUFU_LANGUAGE_EN; language <= HUFU_LANGUAGE_ZH_TW; language++) {
            enum hufu_status status = (enum hufu_status)i;
            assert_true(hufu_status_text(status, (enum hufu_language)language)[0]);
            assert_true(hufu_status_remedy(status, (enum hufu_language)language)[0]);
        }
}

static void every_code_is_public_and_unique(void **state)
{
    (void)state;
    assert_int_equal(hufu_status_code(HUFU_OK), 0);
    for (int i = 0; i < HUFU_STATUS_COUNT; i++) {
        enum hufu_status status = (enum hufu_status)i;
        int code = hufu_status_code(status);
        assert_true(code_in_range(code) || status == HUFU_OK);
        assert_int_equal(hufu_status_from_code(code), status); /* the first row with this code */
    }
}

static void every_symbol_is_unique(void **state)
{
    (void)state;
    for (int i = 0; i < HUFU_STATUS_COUNT; i++)
        for (int other = 0; other < i; other++)
            assert_string_not_equal(hufu_status_symbol((enum hufu_status)i),
                                    hufu_status_symbol((enum hufu_status)other));
    assert_string_equal(hufu_status_symbol(HUFU_E_PIN_INCORRECT), "E_PIN_INCORRECT");
}

static void unknown_numbers_are_general(void **state)
{
    (void)state;
    static const long codes[] = {-1, 1, 61000, 99999, 4294967296, 2147483648};
    for (size_t i = 0; i < COUNT(codes); i++)
        assert_int_equal(hufu_status_from_code(codes[i]), HUFU_E_GENERAL);
    assert_int_equal(hufu_status_code(HUFU_STATUS_COUNT), hufu_status_code(HUFU_E_GENERAL));
}

static void first_cause_wins(void **state)
{
    (void)state;
    struct hufu_error err = {0};
    assert_int_equal(hufu_fail_from(&err, HUFU_E_REMOVED, HUFU_ORIGIN_PKCS11, 0x32, "C_Sign"),
                     HUFU_E_REMOVED);
    assert_int_equal(hufu_fail(&err, HUFU_E_SIGN, "later"), HUFU_E_SIGN);
    assert_int_equal(err.status, HUFU_E_REMOVED);
    assert_int_equal(err.origin, HUFU_ORIGIN_PKCS11);
    assert_int_equal(err.foreign, 0x32);
    assert_string_equal(err.detail, "C_Sign");
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    assert_int_equal(hufu_fail(NULL, HUFU_E_SIGN, "detail"), HUFU_E_SIGN);
}

static void detail_is_cut(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *detail = repeat('d', HUFU_ERROR_DETAIL_MAX);
    struct hufu_error exact = {0};
    struct hufu_error cut = {0};
    struct hufu_error none = {0};
    hufu_fail(&exact, HUFU_E_GENERAL, detail + 1);
    assert_string_equal(exact.detail, detail + 1);
    hufu_fail(&cut, HUFU_E_GENERAL, detail);
    assert_int_equal(strlen(cut.detail), HUFU_ERROR_DETAIL_MAX - 1);
    hufu_fail(&none, HUFU_E_GENERAL, NULL);
    assert_string_equal(none.detail, "");
}

struct line {
    struct hufu_error err;
    const char *text;
};

static const struct line lines[] = {
    {{.status = HUFU_E_SESSION}, "The page's session is not known. (61012)"},
    {{.status = HUFU_E_SESSION, .detail = "why"}, "The page's session is not known. (61012): why"},
    {{.status = HUFU_E_PIN_INCORRECT, .origin = HUFU_ORIGIN_PKCS11, .foreign = 0xa0},
     "The PIN is wrong. (9039, CKR 0xa0)"},
    {{.status = HUFU_E_LEAF, .origin = HUFU_ORIGIN_ERRNO, .foreign = 2, .detail = "read"},
     "hufu's own certificate could not be made or read. (61911, errno 0x2): read"},
    {{.status = HUFU_E_SIGN, .origin = HUFU_ORIGIN_OPENSSL, .foreign = 1},
     "The card could not sign. (5061, OpenSSL 0x1)"},
    {{.status = HUFU_E_CANCELLED, .origin = HUFU_ORIGIN_ASSUAN, .foreign = 99},
     "You cancelled. (5070, Assuan 0x63)"},
};

static void formats_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        char text[512];
        char small[10];
        hufu_error_format(&lines[i].err, text, sizeof text);
        assert_string_equal(text, lines[i].text);
        hufu_error_format(&lines[i].err, small, sizeof small);
        assert_int_equal(strlen(small), sizeof small - 1);
    }
}

struct locale {
    const char *lc_all, *lc_messages, *lang; /* NULL: not set */
    enum hufu_language language;
};

static const struct locale locales[] = {
    {NULL, NULL, NULL, HUFU_LANGUAGE_EN},
    {"", "", "", HUFU_LANGUAGE_EN},
    {NULL, NULL, "zh_TW.UTF-8", HUFU_LANGUAGE_ZH_TW},
    {NULL, NULL, "zh_HK", HUFU_LANGUAGE_ZH_TW},
    {NULL, NULL, "de_DE.UTF-8", HUFU_LANGUAGE_EN},
    {NULL, NULL, "C", HUFU_LANGUAGE_EN},
    {NULL, "en_US.UTF-8", "zh_TW.UTF-8", HUFU_LANGUAGE_EN},
    {NULL, "zh_TW.UTF-8", "en_US.UTF-8", HUFU_LANGUAGE_ZH_TW},
    {"", "zh_TW.UTF-8", "", HUFU_LANGUAGE_ZH_TW},
    {"C", "zh_TW.UTF-8", "zh_TW.UTF-8", HUFU_LANGUAGE_EN},
    {"zh_TW.UTF-8", "C", "C", HUFU_LANGUAGE_ZH_TW},
};

static void set_variable(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void language_comes_from_the_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(locales); i++) {
        set_variable("LC_ALL", locales[i].lc_all);
        set_variable("LC_MESSAGES", locales[i].lc_messages);
        set_variable("LANG", locales[i].lang);
        assert_int_equal(hufu_language_of_environment(), locales[i].language);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_speaks_both_languages),
        cmocka_unit_test(every_code_is_public_and_unique),
        cmocka_unit_test(every_symbol_is_unique),
        cmocka_unit_test(unknown_numbers_are_general),
        cmocka_unit_test(first_cause_wins),
        cmocka_unit_test(nobody_has_to_listen),
        cmocka_unit_test(detail_is_cut),
        cmocka_unit_test(formats_one_line),
        cmocka_unit_test(language_comes_from_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
