#include "unit.h"

#include "base/buf.h"
#include "tray/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct heard {
    sd_event *loop;
    struct hufu_run *run;
    struct hufu_buf text;
    int ended; /* times */
    int status;
};

static void on_heard(void *context, struct hufu_bytes some)
{
    struct heard *heard = context;
    hufu_buf_add(&heard->text, some.data, some.len);
}

static void on_ended(void *context, int status)
{
    struct heard *heard = context;
    assert_null(heard->run);
    heard->ended++;
    heard->status = status;
    sd_event_exit(heard->loop, 0);
}

static int setup(void **state)
{
    struct heard *heard = calloc(1, sizeof *heard);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    hufu_buf_init(&heard->text, 1 << 20);
    *state = heard;
    return sigprocmask(SIG_BLOCK, &child, NULL) < 0 || sd_event_new(&heard->loop) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    struct heard *heard = *state;
    hufu_buf_done(&heard->text);
    sd_event_unref(heard->loop);
    free(heard);
    return 0;
}

#define SHELL(script)                                                                              \
    (const char *const[])                                                                          \
    {                                                                                              \
        "sh", "-c", script, NULL                                                                   \
    }

/* Until its end. */
static void run(struct heard *heard, const char *path, const struct hufu_tray_program *program)
{
    assert_int_equal(hufu_run_start(heard->loop, path, program, heard, &heard->run), 0);
    assert_non_null(heard->run);
    assert_int_equal(sd_event_loop(heard->loop), 0);
    assert_int_equal(heard->ended, 1);
}

static void wait_for_end_of(pid_t pid)
{
    for (int i = 0; i < 2000 && kill(pid, 0) == 0; i++)
        usleep(5000);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

static void hears_all_and_the_status(void **state)
{
    const struct hufu_tray_program program = {
        .arguments = SHELL("head -c 300000 /dev/zero; read line || exit 3"),
        .heard = on_heard,
        .ended = on_ended,
    };
    struct heard *heard = *state;
    run(heard, "/bin/sh", &program);
    assert_int_equal(heard->status, 3); /* there was nothing to read */
    assert_int_equal(heard->text.len, 300000);
}

static void has_no_descriptor_but_the_three(void **state)
{
    const struct hufu_tray_program program = {
        .arguments = SHELL("cd /proc/self/fd; for fd in *; do [ ! -e $fd ] || echo $fd; done"),
        .heard = on_heard,
        .ended = on_ended,
    };
    struct heard *heard = *state;
    int left_open = dup(STDERR_FILENO);
    run(heard, "/bin/sh", &program);
    close(left_open);
    assert_string_equal(hufu_buf_text(&heard->text), "0\n1\n2\n");
}

static void a_program_that_is_not_there(void **state)
{
    const struct hufu_tray_program program = {.arguments = SHELL(""), .ended = on_ended};
    struct heard *heard = *state;
    assert_int_equal(hufu_run_start(heard->loop, "/nonexistent/hufu", &program, heard, &heard->run),
                     ENOENT);
    assert_null(heard->run);
    assert_int_equal(heard->ended, 0);
}

static void ends_at_its_deadline_with_what_it_started(void **state)
{
    const struct hufu_tray_program program = {
        .arguments = SHELL("trap '' TERM; sleep 1000 & echo $!; wait"),
        .deadline_s = 1,
        .heard = on_heard,
        .ended = on_ended,
    };
    struct heard *heard = *state;
    run(heard, "/bin/sh", &program);
    assert_int_equal(heard->status, HUFU_RUN_FAILED);
    wait_for_end_of(atoi(hufu_buf_text(&heard->text)));
}

static void takes_along_what_it_left_behind(void **state)
{
    const struct hufu_tray_program program = {
        .arguments = SHELL("sleep 1000 & echo $!"),
        .heard = on_heard,
        .ended = on_ended,
    };
    struct heard *heard = *state;
    run(heard, "/bin/sh", &program);
    assert_int_equal(heard->status, 0);
    wait_for_end_of(atoi(hufu_buf_text(&heard->text)));
}

static void leaves_what_lasts(void **state)
{
    const struct hufu_tray_program program = {
        .arguments = SHELL("sleep 1000 & echo $!"),
        .lasts = true,
        .heard = on_heard,
        .ended = on_ended,
    };
    struct heard *heard = *state;
    run(heard, "/bin/sh", &program);
    pid_t pid = atoi(hufu_buf_text(&heard->text));
    assert_int_equal(kill(pid, 0), 0);
    assert_int_not_equal(getsid(pid), getsid(0));
    assert_int_equal(kill(pid, SIGKILL), 0);
}

static void stops_without_a_word(void **state)
{
    const struct hufu_tray_program program = {.arguments = SHELL("sleep 1000"), .ended = on_ended};
    struct heard *heard = *state;
    hufu_run_stop(&heard->run); /* nothing runs */
    assert_int_equal(hufu_run_start(heard->loop, "/bin/sh", &program, heard, &heard->run), 0);
    hufu_run_stop(&heard->run);
    assert_null(heard->run);
    assert_true(sd_event_run(heard->loop, 0) >= 0);
    assert_int_equal(heard->ended, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hears_all_and_the_status, setup, teardown),
        cmocka_unit_test_setup_teardown(has_no_descriptor_but_the_three, setup, teardown),
        cmocka_unit_test_setup_teardown(a_program_that_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(ends_at_its_deadline_with_what_it_started, setup, teardown),
        cmocka_unit_test_setup_teardown(takes_along_what_it_left_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves_what_lasts, setup, teardown),
        cmocka_unit_test_setup_teardown(stops_without_a_word, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
