#include "unit.h"

#include "tray/findings.h"

#include <stdio.h>
#include <string.h>

#define CHECK(id, state, text, step)                                                               \
    "{\"id\":\"" id "\",\"state\":\"" state "\",\"title\":{},\"text\":{\"en\":\"" text             \
    "\",\"zh-TW\":\"" text " zh\"},\"step\":{\"en\":\"" step "\",\"zh-TW\":\"" step " zh\"}}"
#define ANSWER(first, checks) "{\"version\":\"0\",\"checks\":[" checks "],\"first\":" first "}"

static bool read_findings(const char *answer, struct hufu_findings *ret_findings)
{
    return hufu_findings_read(hufu_bytes_of(answer, strlen(answer)), ret_findings, NULL) == HUFU_OK;
}

static void good_states_are_ready(void **state)
{
    struct hufu_findings findings;
    (void)state;
    assert_true(read_findings(
        ANSWER("\"b\"", CHECK("a", "ok", "x", "") "," CHECK("b", "note", "x", "y") "," CHECK(
                            "c", "skipped", "x", "")),
        &findings));
    assert_int_equal(findings.state, HUFU_TRAY_READY);
    assert_string_equal(findings.text[HUFU_LANGUAGE_EN], "hufu is ready.");
    assert_string_equal(findings.text[HUFU_LANGUAGE_ZH_TW], "虎符已就緒。");
    assert_string_equal(findings.step[HUFU_LANGUAGE_EN], "");
}

static void the_worst_state_and_the_first_step(void **state)
{
    struct hufu_findings findings;
    (void)state;
    assert_true(read_findings(ANSWER("\"a\"", CHECK("a", "attention", "A",
                                                    "do a") "," CHECK("b", "trouble", "B", "do b")),
                              &findings));
    assert_int_equal(findings.state, HUFU_TRAY_TROUBLE);
    assert_string_equal(findings.text[HUFU_LANGUAGE_EN], "A");
    assert_string_equal(findings.step[HUFU_LANGUAGE_ZH_TW], "do a zh");
}

static void the_first_of_the_worst_without_a_name(void **state)
{
    static const char *const answers[] = {
        ANSWER("null", CHECK("a", "attention", "A", "") "," CHECK(
                           "b", "trouble", "B", "") "," CHECK("c", "trouble", "C", "")),
        ANSWER("\"gone\"", CHECK("a", "attention", "A", "") "," CHECK("b", "trouble", "B", "")),
        ANSWER("\"g\"", CHECK("g", "ok", "G", "") "," CHECK("b", "trouble", "B", "")),
    };
    struct hufu_findings findings;
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        assert_true(read_findings(answers[i], &findings));
        assert_string_equal(findings.text[HUFU_LANGUAGE_EN], "B");
    }
}

static void texts_are_one_harmless_line(void **state)
{
    struct hufu_findings findings;
    (void)state;
    assert_true(read_findings(ANSWER("null", CHECK("a", "trouble",
                                                   "a\\nb\\u001b[1m\\u0085c\\u202ed\\u2066e\\u2028f"
                                                   "\\u2026虎𠮷",
                                                   "")),
                              &findings));
    assert_string_equal(findings.text[HUFU_LANGUAGE_EN], "a b [1m c d e f…虎𠮷");
}

static void long_texts_end_between_characters(void **state)
{
    struct hufu_findings findings;
    char answer[4096];
    char text[3 * 400 + 1];
    (void)state;
    for (size_t skew = 0; skew < 3; skew++) {
        size_t used = skew;
        memset(text, 'a', skew);
        for (; used + 3 < sizeof text; used += 3)
            memcpy(text + used, "虎", 4);
        snprintf(answer, sizeof answer,
                 "{\"checks\":[{\"state\":\"trouble\",\"text\":{\"en\":\"%s\",\"zh-TW\":\"\"},"
                 "\"step\":{\"en\":\"\",\"zh-TW\":\"\"}}]}",
                 text);
        assert_true(read_findings(answer, &findings));
        const char *shown = findings.text[HUFU_LANGUAGE_EN];
        size_t len = strlen(shown);
        assert_true(len < HUFU_SENTENCE_MAX && len > HUFU_SENTENCE_MAX - 8);
        assert_string_equal(shown + len - 3, "…");
        assert_int_equal((len - skew) % 3, 0);
    }
}

static void refuses_what_is_no_answer(void **state)
{
    static const char *const answers[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"checks\":{}}",
        "{\"checks\":[]}",
        "{\"checks\":[1]}",
        "{\"checks\":[{}]}",
        "{\"checks\":[{\"state\":\"good\"}]}",
        "{\"checks\":[{\"state\":\"trouble\"}]}",
        "{\"checks\":[{\"state\":\"trouble\",\"text\":\"x\",\"step\":\"y\"}]}",
        ANSWER("null", CHECK("a", "ok", "x", "")) "x",
        "{\"checks\":[{\"state\":\"ok\",\"state\":\"trouble\"}]}",
        ANSWER("null", CHECK("a", "trouble", "\xff", "")),
    };
    struct hufu_findings findings = {.state = HUFU_TRAY_ATTENTION};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        assert_false(read_findings(answers[i], &findings));
    assert_int_equal(findings.state, HUFU_TRAY_ATTENTION); /* written on success only */
}

static void says_that_there_is_no_answer(void **state)
{
    struct hufu_findings findings;
    (void)state;
    hufu_findings_none(&findings);
    assert_int_equal(findings.state, HUFU_TRAY_TROUBLE);
    assert_string_equal(findings.step[HUFU_LANGUAGE_EN], "Run in a terminal: hufu doctor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_states_are_ready),
        cmocka_unit_test(the_worst_state_and_the_first_step),
        cmocka_unit_test(the_first_of_the_worst_without_a_name),
        cmocka_unit_test(texts_are_one_harmless_line),
        cmocka_unit_test(long_texts_end_between_characters),
        cmocka_unit_test(refuses_what_is_no_answer),
        cmocka_unit_test(says_that_there_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
