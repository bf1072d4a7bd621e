#include "bytes.h"

#include "error/text.h"

/* How often `text` has %s; any other conversion fails the test. */
static int insertions(const char *text)
{
    int count = 0;
    for (const char *at = strchr(text, '%'); at; at = strchr(at + 2, '%')) {
        assert_int_equal(at[1], 's');
        count++;
    }
    return count;
}

static void languages_insert_alike(void **state)
{
    (void)state;
    for (int i = 0; i < HUFU_TEXT_COUNT; i++) {
        const char *en = hufu_text((enum hufu_text)i, HUFU_LANGUAGE_EN);
        const char *zh = hufu_text((enum hufu_text)i, HUFU_LANGUAGE_ZH_TW);
        assert_true(en[0] && zh[0]);
        assert_int_equal(insertions(en), insertions(zh));
        assert_in_range(insertions(en), 0, 1);
    }
}

static void windows_have_both_languages(void **state)
{
    (void)state;
    assert_string_equal(hufu_text(HUFU_TEXT_PIN_CANCEL, HUFU_LANGUAGE_EN), "Cancel");
    assert_string_equal(hufu_text(HUFU_TEXT_PIN_CANCEL, HUFU_LANGUAGE_ZH_TW), "取消");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages_insert_alike),
        cmocka_unit_test(windows_have_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
