/* What pinentry hears of a series, and what its answers mean, over a socket pair. */
#include "bytes.h"

#include "card/progress.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid);
void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid);

static int pinentry = -1;
static bool no_program;
static int running;

int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid)
{
    int pair[2];
    (void)monitor;
    (void)program;
    if (no_program) {
        errno = EAGAIN;
        return -1;
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pinentry = pair[1];
    *ret_pid = 42;
    running++;
    return pair[0];
}

void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid)
{
    (void)monitor;
    assert_int_equal(pid, 42);
    running--;
    close(pinentry);
}

static struct hufu_progress *open_window(void)
{
    const struct hufu_progress_request request = {.origin = "https://a.gov.tw",
                                                  .until = "12:34",
                                                  .documents = 56,
                                                  .language = HUFU_LANGUAGE_EN};
    return hufu_progress_open(&request);
}

static void say(const char *text)
{
    assert_int_equal(write(pinentry, text, strlen(text)), strlen(text));
}

static void hears(const char *expected)
{
    char text[2000] = "";
    ssize_t len = recv(pinentry, text, sizeof text - 1, MSG_DONTWAIT);
    text[len > 0 ? len : 0] = 0;
    assert_string_equal(text, expected);
}

static const char dress[] = "OPTION no-grab\n"
                            "SETTITLE 虎符 Hufu\n"
                            "SETDESC A website signs documents with your card: 56 so far.%0A"
                            "Website: https://a.gov.tw%0A"
                            "It can go on until 12:34, without another PIN.\n"
                            "SETOK Stop\n"
                            "GETINFO flavor\n";

static void shows_one_button(void **state)
{
    (void)state;
    struct hufu_progress *progress = open_window();
    hears(dress);
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_COMING);
    say("OK Pleased to meet you\nERR 1 no such option\nOK\nOK\nOK\nD qt\n");
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_COMING);
    hears("");
    say("O");
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_COMING);
    say("K\n");
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_SHOWN);
    hears("CONFIRM --one-button\n");
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_SHOWN);
    say("# a comment\nOK\n");
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_STOPPED);
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_STOPPED);
    hufu_progress_close(progress);
    assert_int_equal(running, 0);
}

/* What pinentry says before it is quiet, and what that is. */
static const struct {
    const char *said;
    enum hufu_progress_state state;
} rows[] = {
    {"OK\nOK\nOK\nOK\nOK\nD gtk2\nOK\n", HUFU_PROGRESS_SHOWN},
    {"OK\nOK\nOK\nOK\nOK\nD gnome3\nOK\n", HUFU_PROGRESS_GONE},    /* takes the screen */
    {"OK\nOK\nOK\nOK\nOK\nD qt:curses\nOK\n", HUFU_PROGRESS_GONE}, /* has only a terminal */
    {"OK\nOK\nOK\nOK\nOK\nERR 1 what?\n", HUFU_PROGRESS_GONE},
    {"OK\nOK\nOK\nOK\nOK\nD qt\nOK\nERR 83886340 no display\n", HUFU_PROGRESS_GONE},
    {"OK\nOK\nOK\nOK\nOK\nD qt\nOK\nOK\nERR 1\n", HUFU_PROGRESS_STOPPED},
    {"D qt\nOK\nOK\nOK\nOK\nOK\n", HUFU_PROGRESS_COMING},
};

static void understands_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_progress *progress = open_window();
        say(rows[i].said);
        assert_int_equal(hufu_progress_look(progress), rows[i].state);
        hufu_progress_close(progress);
    }
}

static void is_gone_with_its_program(void **state)
{
    (void)state;
    struct hufu_progress *progress = open_window();
    assert_true(hufu_progress_socket(progress) >= 0);
    shutdown(pinentry, SHUT_RDWR);
    assert_int_equal(hufu_progress_look(progress), HUFU_PROGRESS_GONE);
    hufu_progress_close(progress);
    no_program = true;
    assert_null(open_window());
    no_program = false;
    assert_int_equal(running, 0);
}

/* HUFU_ASSUAN_LINE_MAX, and one past it. */
static void reads_no_endless_line(void **state)
{
    (void)state;
    static const char hundred[] =
        "####################################################################"
        "################################";
    for (int extra = 0; extra < 2; extra++) {
        struct hufu_progress *progress = open_window();
        for (int i = 0; i < 10; i++)
            say(hundred);
        say(extra ? "#\n" : "\n");
        assert_int_equal(hufu_progress_look(progress),
                         extra ? HUFU_PROGRESS_GONE : HUFU_PROGRESS_COMING);
        hufu_progress_close(progress);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_one_button),
        cmocka_unit_test(understands_answers),
        cmocka_unit_test(is_gone_with_its_program),
        cmocka_unit_test(reads_no_endless_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
