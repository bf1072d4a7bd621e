#include "unit.h"

#include "base/clock.h"
#include "base/program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { LIMIT = 64, PATIENT_MS = 60 * 1000 };

static int run(const char *script, int deadline_ms, struct hufu_buf *ret_output)
{
    const char *const arguments[] = {"/bin/sh", "-c", script, NULL};
    const struct hufu_program program = {
        .arguments = arguments,
        .files = {HUFU_PROGRAM_NOTHING, HUFU_PROGRAM_HEARD, HUFU_PROGRAM_HEARD}};
    return hufu_program_run(&program, deadline_ms, ret_output);
}

static void hears_what_it_prints_and_its_status(void **state)
{
    struct hufu_buf output = {.max = LIMIT};
    (void)state;
    assert_int_equal(run("printf one; printf two >&2; read line || exit 3", 0, &output), 3);
    assert_string_equal(hufu_buf_text(&output), "onetwo");
    hufu_buf_done(&output);
}

static void kills_what_hangs(void **state)
{
    struct hufu_buf output = {.max = LIMIT};
    int64_t began_ms = hufu_clock_ms();
    (void)state;
    assert_int_equal(run("trap '' TERM; echo $$; exec sleep 1000", 300, &output),
                     HUFU_PROGRAM_FAILED);
    assert_true(hufu_clock_ms() - began_ms >= 300);
    assert_true(hufu_clock_ms() - began_ms < PATIENT_MS);
    pid_t pid = (pid_t)strtol(hufu_buf_text(&output), NULL, 10);
    assert_true(pid > 1);
    assert_int_equal(kill(pid, 0), -1);
    hufu_buf_done(&output);
}

static void kills_what_hangs_with_its_output_closed(void **state)
{
    (void)state;
    assert_int_equal(run("exec sleep 1000 >&- 2>&-", 300, NULL), HUFU_PROGRAM_FAILED);
}

static void kills_what_never_stops_talking(void **state)
{
    (void)state;
    assert_int_equal(run("while :; do echo more; done", 300, NULL), HUFU_PROGRAM_FAILED);
}

static void tells_a_signal_as_a_failure(void **state)
{
    (void)state;
    assert_int_equal(run("kill -KILL $$", PATIENT_MS, NULL), HUFU_PROGRAM_FAILED);
}

static void goes_on_when_the_limit_is_passed(void **state)
{
    struct hufu_buf output = {.max = LIMIT};
    (void)state;
    assert_int_equal(run("printf %064d 0", PATIENT_MS, &output), 0);
    assert_false(output.failed);
    assert_int_equal(output.len, LIMIT);
    hufu_buf_clear(&output);
    assert_int_equal(run("printf %065d 0", PATIENT_MS, &output), 0);
    assert_true(output.failed);
    assert_int_equal(run("head -c 300000 /dev/zero; exit 4", PATIENT_MS, &output), 4);
    hufu_buf_done(&output);
}

static void does_not_wait_for_what_it_left_behind(void **state)
{
    struct hufu_buf output = {.max = LIMIT};
    (void)state;
    assert_int_equal(run("sleep 1000 & echo $!", PATIENT_MS, &output), 0);
    pid_t left = (pid_t)strtol(hufu_buf_text(&output), NULL, 10);
    assert_true(left > 1);
    assert_int_equal(kill(left, SIGKILL), 0);
    hufu_buf_done(&output);
}

static void says_what_is_not_there(void **state)
{
    const char *const arguments[] = {"/nonexistent/none", NULL};
    const struct hufu_program program = {.arguments = arguments};
    pid_t pid = -1;
    int output = -1;
    (void)state;
    assert_int_equal(hufu_program_start(&program, &pid, &output), ENOENT);
    assert_int_equal(hufu_program_run(&program, PATIENT_MS, NULL), HUFU_PROGRAM_FAILED);
}

static void gets_its_own_environment_and_three_descriptors(void **state)
{
    struct hufu_buf output = {.max = LIMIT};
    const char *const environment[] = {"ONE=1", NULL};
    const char *const arguments[] = {
        "sh", "-c",
        "echo $ONE$HOME; cd /proc/self/fd; for fd in *; do [ ! -e $fd ] || echo $fd; done", NULL};
    const struct hufu_program program = {.path = "/bin/sh",
                                         .arguments = arguments,
                                         .environment = environment,
                                         .files = {[STDOUT_FILENO] = HUFU_PROGRAM_HEARD}};
    int left_open = dup(STDERR_FILENO);
    (void)state;
    assert_int_equal(hufu_program_run(&program, PATIENT_MS, &output), 0);
    close(left_open);
    assert_string_equal(hufu_buf_text(&output), "1\n0\n1\n2\n");
    hufu_buf_done(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hears_what_it_prints_and_its_status),
        cmocka_unit_test(kills_what_hangs),
        cmocka_unit_test(kills_what_hangs_with_its_output_closed),
        cmocka_unit_test(kills_what_never_stops_talking),
        cmocka_unit_test(tells_a_signal_as_a_failure),
        cmocka_unit_test(goes_on_when_the_limit_is_passed),
        cmocka_unit_test(does_not_wait_for_what_it_left_behind),
        cmocka_unit_test(says_what_is_not_there),
        cmocka_unit_test(gets_its_own_environment_and_three_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
