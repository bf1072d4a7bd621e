#include "unit.h"

#include "error/error.h"
#include "open/report.h"

#include <stdio.h>
#include <string.h>

static struct hufu_bytes bytes_of(const char *text)
{
    return hufu_bytes_of(text, strlen(text));
}

static void makes_one_line_of_an_object(void **state)
{
    struct hufu_buf line = {.max = 256};
    (void)state;
    assert_true(
        hufu_report_line(bytes_of("{ \"a\" : [1,\n 2], \"b\": \"x\\n\xe8\x99\x8e\" }\n"), &line));
    assert_string_equal(hufu_buf_text(&line), "{\"a\":[1,2],\"b\":\"x\\n\\u864E\"}");
    hufu_buf_done(&line);
}

static void takes_nothing_else(void **state)
{
    static const char *const texts[] = {"",
                                        "null",
                                        "[1]",
                                        "1",
                                        "{\"a\":1",
                                        "{\"a\":1}x",
                                        "{\"a\":1,\"a\":2}",
                                        "{'a':1}",
                                        "Usage: hufu",
                                        "{\"a\":\"\xff\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct hufu_buf line = {.max = 256};
        assert_false(hufu_report_line(bytes_of(texts[i]), &line));
        hufu_buf_done(&line);
    }
    struct hufu_buf line = {.max = 256};
    assert_false(hufu_report_line(hufu_bytes_of(NULL, 0), &line));
}

static void takes_no_more_than_there_is_room_for(void **state)
{
    struct hufu_buf line = {.max = 8};
    (void)state;
    assert_false(hufu_report_line(bytes_of("{\"a\":\"123456789\"}"), &line));
    hufu_buf_done(&line);
}

static void keeps_the_last_uses(void **state)
{
    struct hufu_buf line = {.max = 256};
    (void)state;
    assert_true(hufu_report_last(bytes_of("{\"events\":[1,2,3,4,5]}"), 2, &line));
    assert_string_equal(hufu_buf_text(&line), "{\"events\":[4,5]}");
    hufu_buf_clear(&line);
    assert_true(hufu_report_last(bytes_of("{\"events\":[]}"), 2, &line));
    hufu_buf_clear(&line);
    assert_false(hufu_report_last(bytes_of("{\"events\":{}}"), 2, &line));
    assert_false(hufu_report_last(bytes_of("{}"), 2, &line));
    assert_false(hufu_report_last(bytes_of("nothing"), 2, &line));
    hufu_buf_done(&line);
}

static void knows_what_can_be_mended(void **state)
{
    struct hufu_bytes report = bytes_of("{\"checks\":[{\"id\":\"a\",\"fix\":null},"
                                        "{\"id\":\"b\",\"fix\":\"trust\"},{\"id\":\"c\"},"
                                        "{\"id\":7,\"fix\":\"x\"},8,{\"id\":\"d\",\"fix\":1}]}");
    (void)state;
    assert_true(hufu_report_mends(report, "b"));
    assert_false(hufu_report_mends(report, "a"));
    assert_false(hufu_report_mends(report, "c"));
    assert_false(hufu_report_mends(report, "d"));
    assert_false(hufu_report_mends(report, "trust"));
    assert_false(hufu_report_mends(report, ""));
    assert_false(hufu_report_mends(bytes_of("null"), "b"));
    assert_false(hufu_report_mends(bytes_of("{\"checks\":\"b\"}"), "b"));
}

static void tells_every_code(void **state)
{
    struct hufu_buf line = {.max = 256 * 1024};
    char member[32];
    (void)state;
    assert_true(hufu_report_errors(&line));
    snprintf(member, sizeof member, "\"%d\":{\"en\":[", hufu_status_code(HUFU_E_START));
    assert_non_null(strstr(hufu_buf_text(&line), member));
    assert_non_null(strstr(hufu_buf_text(&line), "\"61001\":{\"en\":[")); /* that pages set */
    assert_null(strchr(hufu_buf_text(&line), '\n'));
    hufu_buf_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_one_line_of_an_object),
        cmocka_unit_test(takes_nothing_else),
        cmocka_unit_test(takes_no_more_than_there_is_room_for),
        cmocka_unit_test(keeps_the_last_uses),
        cmocka_unit_test(knows_what_can_be_mended),
        cmocka_unit_test(tells_every_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
