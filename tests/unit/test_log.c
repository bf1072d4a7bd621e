#include "bytes.h"

#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

enum { LINE_LONGEST = 1023 };

static const char head[] = "hufud: ";

static void say(const char *text)
{
    hufu_log_init("hufud");
    hufu_log("%s", text);
}

/* What say(text) writes on standard error. */
static void capture(const char *text, char *ret_line, size_t size)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    int before = dup(STDERR_FILENO);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    say(text);
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    ssize_t len = read(ends[0], ret_line, size - 1);
    ret_line[len > 0 ? len : 0] = 0;
    close(before);
    close(ends[0]);
    close(ends[1]);
}

struct row {
    const char *text;
    const char *line;
};

static const struct row rows[] = {
    {"call: origin=https://a.tw status=0", "hufud: call: origin=https://a.tw status=0\n"},
    {"", "hufud: \n"},
    {"已完成", "hufud: 已完成\n"},
    {"two\nlines", "hufud: two?lines\n"},
    {"\r\t\x1b[31mred\x7f", "hufud: ???[31mred?\n"},
    {"%s%n", "hufud: %s%n\n"},
};

static void writes_one_plain_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char line[4096];
        capture(rows[i].text, line, sizeof line);
        assert_string_equal(line, rows[i].line);
    }
}

static void cuts_a_long_line(void **state)
{
    (void)state;
    size_t longest = LINE_LONGEST - strlen(head) - 1;
    for (size_t len = longest - 1; len <= longest + 1; len++) {
        char line[4096];
        HUFU_AUTO(hufu_free) char *text = repeat('x', len);
        capture(text, line, sizeof line);
        size_t kept = len < longest ? len : longest;
        assert_int_equal(strlen(line), strlen(head) + kept + 1);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    }
}

static void cuts_a_very_long_line(void **state)
{
    (void)state;
    char line[4096];
    HUFU_AUTO(hufu_free) char *text = repeat('\n', 100000);
    capture(text, line, sizeof line);
    assert_int_equal(strlen(line), LINE_LONGEST);
    assert_ptr_equal(strchr(line, '\n'), line + LINE_LONGEST - 1);
}

static void survives_a_closed_end(void **state)
{
    (void)state;
    int before = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    say("nobody hears this");
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    close(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_one_plain_line),
        cmocka_unit_test(cuts_a_long_line),
        cmocka_unit_test(cuts_a_very_long_line),
        cmocka_unit_test(survives_a_closed_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
