#include "bytes.h"

#include "cli/wrap.h"

struct sample {
    const char *text;
    size_t indent;
    const char *wrapped;
};

static const struct sample samples[] = {
    {"", 4, "\n"},
    {"one two", 4, "one two\n"},
    /* 78 columns fit, the 79th does not */
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbb", 0,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbb\n"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbb", 0,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nbbbbbbbb\n"},
    {"one two", 72,
     "one\n"
     "                                                                        two\n"},
    /* Chinese breaks anywhere, but no line begins with a closing mark or ends with an opening one
     */
    {"一二三四", 72,
     "一二三\n"
     "                                                                        四\n"},
    {"一二三。", 72,
     "一二\n"
     "                                                                        三。\n"},
    {"一二（三", 72,
     "一二\n"
     "                                                                        （三\n"},
    {"一 PIN 碼", 72,
     "一 PIN\n"
     "                                                                        碼\n"},
    /* what is too long for any line stays whole */
    {"abcdefghij", 72, "abcdefghij\n"},
};

static void breaks_where_it_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(samples); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 1000};
        hufu_wrap(&buf, samples[i].text, samples[i].indent);
        assert_string_equal(hufu_buf_text(&buf), samples[i].wrapped);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(breaks_where_it_may)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
