#include "unit.h"

#include "base/clock.h"
#include "doctor/gather.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct facts {
    int in, out;
    pid_t grandchild;
};

static void add_one(void *into)
{
    struct facts *facts = into;
    facts->out = facts->in + 1;
}

static void crash(void *into)
{
    add_one(into);
    (void)signal(SIGABRT, SIG_DFL);
    (void)kill(getpid(), SIGABRT);
}

static void hang(void *into)
{
    struct facts *facts = into;
    add_one(into);
    pid_t pid = fork();
    if (pid)
        facts->grandchild = pid;
    for (;;)
        pause();
}

static void brings_back_what_each_found(void **state)
{
    (void)state;
    struct facts facts[3] = {{.in = 1}, {.in = 2}, {.in = 3}};
    struct hufu_errand errands[3];
    for (size_t i = 0; i < 3; i++)
        errands[i] =
            (struct hufu_errand){.look = add_one, .facts = &facts[i], .size = sizeof facts[i]};
    hufu_gather(errands, 3, 10000);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(facts[i].out, facts[i].in + 1);
        assert_true(errands[i].in_time);
        assert_int_equal(errands[i].signal, 0);
    }
}

static void keeps_what_was_found_before_a_crash(void **state)
{
    (void)state;
    struct facts facts = {.in = 1};
    struct hufu_errand errand = {.look = crash, .facts = &facts, .size = sizeof facts};
    hufu_gather(&errand, 1, 10000);
    assert_int_equal(facts.out, 2);
    assert_true(errand.in_time);
    assert_int_equal(errand.signal, SIGABRT);
}

static void ends_what_hangs_with_what_it_started(void **state)
{
    (void)state;
    struct facts facts[2] = {{.in = 1}, {.in = 5}};
    struct hufu_errand errands[2] = {
        {.look = hang, .facts = &facts[0], .size = sizeof facts[0]},
        {.look = add_one, .facts = &facts[1], .size = sizeof facts[1]},
    };
    int64_t began_ms = hufu_clock_ms();
    hufu_gather(errands, 2, 500);
    assert_true(hufu_clock_ms() - began_ms >= 500);
    assert_false(errands[0].in_time);
    assert_int_equal(errands[0].signal, 0);
    assert_int_equal(facts[0].out, 2);
    assert_true(errands[1].in_time);
    assert_int_equal(facts[1].out, 6);
    assert_true(facts[0].grandchild > 0);
    /* It is nobody's child any more; until somebody asks for it, it may stay as a zombie. */
    for (int i = 0; i < 500; i++) {
        char path[64];
        char line[256] = "";
        snprintf(path, sizeof path, "/proc/%d/stat", facts[0].grandchild);
        FILE *file = fopen(path, "r");
        bool gone = !file || !fgets(line, sizeof line, file) || strstr(line, ") Z ");
        if (file)
            fclose(file);
        if (gone)
            return;
        usleep(10000);
    }
    fail_msg("it still runs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_back_what_each_found),
        cmocka_unit_test(keeps_what_was_found_before_a_crash),
        cmocka_unit_test(ends_what_hangs_with_what_it_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
