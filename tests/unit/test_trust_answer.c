#include "bytes.h"

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
    for (int i = HUFU_TRUST_NO_REASON; i <= HUFU_TRUST_FULL; i++)
        for (int language = HUFU_LANGUAGE_EN; language <= HUFU_LANGUAGE_ZH_TW; language++) {
            enum hufu_trust_reason reason = (enum hufu_trust_reason)i;
            const char *text = hufu_trust_reason_text(reason, (enum hufu_language)language);
            const char *step = hufu_trust_reason_step(reason, (enum hufu_language)language);
            assert_int_equal(text[0] != 0, reason != HUFU_TRUST_NO_REASON);
            assert_int_equal(step[0] != 0, reason != HUFU_TRUST_NO_REASON);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_a_name),
        cmocka_unit_test(every_reason_speaks_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
