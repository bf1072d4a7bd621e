/* hufud's side of `hufu trust watch`, with shell scripts in its place. */
#include "unit.h"

#include "base/clock.h"
#include "service/programs.h"
#include "service/watch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

struct rig {
    struct event_base *base;
    struct hufu_monitor *monitor;
    struct hufu_watch *watch;
    int changes;
};

static void count(void *context)
{
    struct rig *rig = context;
    rig->changes++;
}

/* What the script is when it has ended once is `again`. */
static struct rig start(const char *script, const char *again)
{
    const char *const first[] = {"sh", "-c", script, NULL};
    const char *const second[] = {"sh", "-c", again, NULL};
    const struct hufu_monitor_program programs[] = {
        [HUFU_PROGRAM_WATCH] = {"/bin/sh", first, .talks_on_stdout = true},
        [HUFU_PROGRAM_WATCH_AGAIN] = {"/bin/sh", second, .talks_on_stdout = true},
    };
    struct rig rig = {.base = event_base_new()};
    rig.monitor = hufu_monitor_start(programs, sizeof programs / sizeof programs[0]);
    assert_non_null(rig.base);
    assert_non_null(rig.monitor);
    return rig;
}

/* Apart from start(): the watch keeps a pointer to the rig. */
static void attach(struct rig *rig)
{
    rig->watch = hufu_watch_new(rig->base, rig->monitor, count, rig);
    assert_non_null(rig->watch);
}

static void end(struct rig *rig)
{
    hufu_watch_free(rig->watch);
    hufu_monitor_free(rig->monitor);
    event_base_free(rig->base);
}

static void run_until(struct rig *rig, int changes)
{
    int64_t latest = hufu_clock_ms() + PATIENCE_MS;
    while (rig->changes < changes && hufu_clock_ms() < latest) {
        event_base_loopexit(rig->base, &(struct timeval){.tv_usec = 10000});
        event_base_dispatch(rig->base);
    }
    assert_int_equal(rig->changes, changes);
}

static void each_line_is_one_change(void **state)
{
    (void)state;
    struct rig rig = start("echo leaf; echo none; printf le; sleep 0.1; echo af; exec cat", "");
    attach(&rig);
    hufu_watch_keep(rig.watch, true);
    run_until(&rig, 2);
    end(&rig);
}

/* Whatever it says, the third line from the end is one that counts, and no other. */
static void what_is_not_understood_is_passed_over(void **state)
{
    (void)state;
    static const char *const strange[] = {
        "echo leaff",
        "echo 'leaf '",
        "echo",
        "printf 'leaf\\0\\n'",
        "echo LEAF",
        "head -c 100000 /dev/zero; echo leaf",
        "head -c 15 /dev/zero; echo leaf",
    };
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        char script[256];
        snprintf(script, sizeof script, "%s; echo leaf; exec cat", strange[i]);
        struct rig rig = start(script, "");
        attach(&rig);
        hufu_watch_start(rig.watch);
        run_until(&rig, 1);
        end(&rig);
    }
}

/* The first line is heard without the event loop, and tells nobody: who waits looks for himself. */
static void the_first_line_can_be_awaited(void **state)
{
    (void)state;
    struct rig rig = start("sleep 0.2; echo leaf; sleep 0.2; echo leaf; exec cat", "");
    attach(&rig);
    int64_t begin = hufu_clock_ms();
    hufu_watch_start(rig.watch);
    hufu_watch_await(rig.watch, HUFU_WATCH_FIRST_MS);
    assert_true(hufu_clock_ms() - begin >= 200);
    assert_int_equal(rig.changes, 0);
    hufu_watch_await(rig.watch, HUFU_WATCH_FIRST_MS); /* it has spoken */
    assert_int_equal(rig.changes, 0);
    run_until(&rig, 1);
    end(&rig);
}

static void who_waits_is_told_by_an_end(void **state)
{
    (void)state;
    struct rig rig = start("exit 1", "");
    attach(&rig);
    int64_t begin = hufu_clock_ms();
    hufu_watch_start(rig.watch);
    hufu_watch_await(rig.watch, HUFU_WATCH_FIRST_MS);
    assert_true(hufu_clock_ms() - begin < HUFU_WATCH_FIRST_MS / 2);
    end(&rig);
}

static void one_that_ends_is_started_again(void **state)
{
    (void)state;
    struct rig rig = start("echo leaf", "echo leaf; exec cat");
    attach(&rig);
    int64_t begin = hufu_clock_ms();
    hufu_watch_keep(rig.watch, true);
    run_until(&rig, 2);
    assert_true(hufu_clock_ms() - begin >= 900 * HUFU_WATCH_PAUSE_MIN_S);
    end(&rig);
}

static void one_that_is_not_to_be_kept_is_not(void **state)
{
    (void)state;
    struct rig rig = start("echo leaf", "echo leaf");
    attach(&rig);
    hufu_watch_keep(rig.watch, false);
    hufu_watch_start(rig.watch);
    run_until(&rig, 1);
    int64_t latest = hufu_clock_ms() + 1500 * HUFU_WATCH_PAUSE_MIN_S;
    while (hufu_clock_ms() < latest) {
        event_base_loopexit(rig.base, &(struct timeval){.tv_usec = 50000});
        event_base_dispatch(rig.base);
    }
    assert_int_equal(rig.changes, 1);
    end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_one_change),
        cmocka_unit_test(what_is_not_understood_is_passed_over),
        cmocka_unit_test(the_first_line_can_be_awaited),
        cmocka_unit_test(who_waits_is_told_by_an_end),
        cmocka_unit_test(one_that_ends_is_started_again),
        cmocka_unit_test(one_that_is_not_to_be_kept_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
