#include "bytes.h"

#include "base/cleanup.h"
#include "trust/answer.h"

static void every_state_has_a_name(void **state)
{
    (void)state;
    for (int i = HUFU_TRUST_ABSENT; i <= HUFU_TRUST_REFUSED; i++)
        for (int other = HUFU_TRUST_ABSENT; other < i; other++)
            assert_string_not_equal(hufu_trust_state_name((enum hufu_trust_state)i),
                                    hufu_trust_state_name((enum hufu_trust_state)other));
    assert_string_equal(hufu_trust_state_name(HUFU_TRUST_TRUSTED), "trusted");
}

static void every_reason_speaks_both_languages(void **state)
{
    (void)state;
    for (int i = HUFU_TRUST_NO_REASON; i <= HUFU_TRUST_NOT_MENDED; i++)
        for (int language = HUFU_LANGUAGE_EN; language <= HUFU_LANGUAGE_ZH_TW; language++) {
            enum hufu_trust_reason reason = (enum hufu_trust_reason)i;
            const char *text = hufu_trust_reason_text(reason, (enum hufu_language)language);
            HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = 1024};
            hufu_trust_reason_add_step(&step, reason, "/p", (enum hufu_language)language);
            assert_int_equal(text[0] != 0, reason != HUFU_TRUST_NO_REASON);
            assert_int_equal(step.len != 0, reason != HUFU_TRUST_NO_REASON);
        }
}

static void a_path_is_one_word_of_a_shell(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = 1024};
    hufu_trust_reason_add_step(&step, HUFU_TRUST_OWNER, "/a b/$(c)/it's", HUFU_LANGUAGE_EN);
    assert_string_equal(hufu_buf_text(&step),
                        "Run: sudo chown -hR \"$(id -un):\" -- '/a b/$(c)/it'\\''s'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_a_name),
        cmocka_unit_test(every_reason_speaks_both_languages),
        cmocka_unit_test(a_path_is_one_word_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
