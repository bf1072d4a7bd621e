#include "bytes.h"

#include "service/consent_text.h"
#include "sites/suggestions.h"
#include "wire/origin.h"
#include "wire/scope.h"

static void says_what_is_asked(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_CONSENT_TEXT_MAX};
    hufu_consent_text("https://a.tw", HUFU_SCOPE_DECRYPT | HUFU_SCOPE_PIN, "甲",
                      HUFU_LANGUAGE_ZH_TW, &text);
    assert_string_equal(hufu_buf_text(&text), "網站：https://a.tw\n虎符的清單中，這是：甲\n"
                                              "這個網站要求：\n- 以您的卡片解密\n"
                                              "- 使用您在網頁上輸入的 PIN 碼");
}

/* Every character of hufu's in the longest form, and a name that shows at its full length. */
static void the_longest_text_fits(void **state)
{
    (void)state;
    static const char origin[] =
        "http://xn--5bvaaaaaaaaaaaaaaaaaaa.xn--mxtaaaaaaaaaaaaaaaaaaa.xn--kpraaaaaaaaaaaaaaaaaaa."
        "gov.tw:65535";
    HUFU_AUTO(hufu_free) char *name = repeat('x', HUFU_SUGGESTION_NAME_BYTES - 1);
    assert_true(hufu_origin_valid(origin));
    for (int language = 0; language < 2; language++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_CONSENT_TEXT_MAX};
        hufu_consent_text(origin, HUFU_SCOPES_ALL, name, (enum hufu_language)language, &text);
        assert_false(text.failed);
        size_t escapes = 0;
        for (const char *at = hufu_buf_text(&text); *at; at++)
            escapes += *at == '\n' || *at == '%';
        assert_true(text.len + 2 * escapes <= HUFU_CONSENT_TEXT_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_is_asked),
        cmocka_unit_test(the_longest_text_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
