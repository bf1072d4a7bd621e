#include "unit.h"

#include "open/task.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const char shell[] = "/bin/sh";

static struct hufu_task start(const char *script, size_t output_max)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    struct hufu_task task = {.fd = -1};
    assert_int_equal(hufu_task_start(&task, shell, arguments, output_max, 0), 0);
    return task;
}

static void await(struct hufu_task *task)
{
    while (!hufu_task_ended(task)) {
        struct pollfd fd = {.fd = task->fd, .events = POLLIN};
        (void)poll(&fd, 1, 10);
        hufu_task_read(task);
    }
}

static void hears_all_that_is_said(void **state)
{
    struct hufu_task task = start("echo one; sleep 0.1; printf two", 64);
    (void)state;
    await(&task);
    assert_true(hufu_task_succeeded(&task));
    assert_string_equal(hufu_buf_text(&task.output), "one\ntwo");
    assert_int_equal(task.fd, -1);
    hufu_task_done(&task);
}

static void tells_a_failure(void **state)
{
    struct hufu_task task = start("exit 1", 64);
    (void)state;
    await(&task);
    assert_false(hufu_task_succeeded(&task));
    hufu_task_done(&task);
}

static void ends_what_says_too_much(void **state)
{
    struct hufu_task task = start("while :; do echo more; done", 64);
    (void)state;
    await(&task);
    assert_true(WIFSIGNALED(task.status) && task.output.failed);
    hufu_task_done(&task);
}

static void does_not_wait_for_what_it_left_behind(void **state)
{
    struct hufu_task task = start("sleep 60 & echo $!", 64);
    (void)state;
    await(&task);
    assert_true(hufu_task_succeeded(&task));
    pid_t left = (pid_t)strtol(hufu_buf_text(&task.output), NULL, 10);
    assert_true(left > 1);
    assert_int_equal(kill(left, SIGKILL), 0);
    hufu_task_done(&task);
}

static void stops_with_all_that_it_started(void **state)
{
    struct hufu_task task = start("sleep 60 & echo $!; wait", 64);
    (void)state;
    while (task.output.len == 0)
        hufu_task_read(&task);
    pid_t left = (pid_t)strtol(hufu_buf_text(&task.output), NULL, 10);
    hufu_task_stop(&task);
    assert_int_equal(task.pid, 0);
    while (kill(left, 0) == 0) /* until whoever adopted it has noticed */
        (void)poll(NULL, 0, 10);
    assert_int_equal(errno, ESRCH);
    hufu_task_done(&task);
}

static void says_what_is_not_there(void **state)
{
    const char *const arguments[] = {"none", NULL};
    struct hufu_task task = {.fd = -1};
    (void)state;
    assert_int_equal(hufu_task_start(&task, "/nonexistent/none", arguments, 64, 0), ENOENT);
    assert_int_equal(task.pid, 0);
}

static void hears_nothing_from_what_may_outlive_us(void **state)
{
    struct hufu_task task = start("echo lost; exit 0", 0);
    (void)state;
    assert_int_equal(task.fd, -1);
    await(&task);
    assert_int_equal(task.output.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hears_all_that_is_said),
        cmocka_unit_test(tells_a_failure),
        cmocka_unit_test(ends_what_says_too_much),
        cmocka_unit_test(does_not_wait_for_what_it_left_behind),
        cmocka_unit_test(stops_with_all_that_it_started),
        cmocka_unit_test(says_what_is_not_there),
        cmocka_unit_test(hears_nothing_from_what_may_outlive_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
