#include "home.h"

#include "trust/holder.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { MAX = 4 };

static void make(const char *name)
{
    int fd = open(home_path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

/* A program that has `name` open, and whose child sleeps without it; ends with the test. */
struct browser {
    pid_t pid;
    pid_t helper;
};

_Noreturn static void live(const char *path, int report)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    pid_t helper = fork();
    if (helper == 0) {
        close(fd);
        pause();
    }
    if (write(report, &helper, sizeof helper) == (ssize_t)sizeof helper)
        pause();
    _exit(1);
}

static struct browser start(const char *name)
{
    int ends[2];
    struct browser browser;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    browser.pid = fork();
    if (browser.pid == 0)
        live(home_path(name), ends[1]);
    assert_int_equal(read(ends[0], &browser.helper, sizeof browser.helper), sizeof browser.helper);
    close(ends[0]);
    close(ends[1]);
    return browser;
}

static void end(const struct browser *browser)
{
    kill(browser->helper, SIGKILL);
    kill(browser->pid, SIGKILL);
    assert_int_equal(waitpid(browser->pid, NULL, 0), browser->pid);
}

static void names_who_has_it_open(void **state)
{
    struct hufu_process holders[MAX];
    (void)state;
    make("cert9.db");
    make("key4.db");
    assert_int_equal(hufu_holders_find(home, holders, MAX), 0);
    struct browser one = start("cert9.db");
    struct browser other = start("key4.db");
    size_t count = hufu_holders_find(home, holders, MAX);
    size_t first = hufu_holders_find(home, holders, 1);
    end(&one);
    end(&other);
    assert_int_equal(first, 1);
    assert_int_equal(count >= 2, true); /* its child may not have closed the file yet */
    assert_string_equal(holders[0].name, "test_holder");
    assert_int_not_equal(holders[0].started, 0);
    assert_true(labs(hufu_process_since(&holders[0]) - time(NULL)) < 60);
    assert_int_equal(hufu_holders_find(home, holders, MAX), 0);
}

static void knows_a_file_by_another_path(void **state)
{
    struct hufu_process holders[MAX];
    (void)state;
    make("cert9.db");
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", home_path("cert9.db"));
    assert_int_equal(link(path, home_path("same")), 0);
    struct browser browser = start("same");
    size_t count = hufu_holders_find(home, holders, MAX);
    end(&browser);
    assert_int_not_equal(count, 0);
}

static void knows_what_a_holder_started(void **state)
{
    (void)state;
    make("cert9.db");
    make("other");
    struct browser browser = start("cert9.db");
    struct browser stranger = start("other");
    bool own = hufu_holder_is(browser.pid, home);
    bool helper = hufu_holder_is(browser.helper, home);
    bool strange = hufu_holder_is(stranger.pid, home) || hufu_holder_is(stranger.helper, home);
    end(&browser);
    end(&stranger);
    assert_true(own);
    assert_true(helper);
    assert_false(strange);
    assert_false(hufu_holder_is(browser.pid, home));
}

static void leaves_itself_out(void **state)
{
    struct hufu_process holders[MAX];
    (void)state;
    make("cert9.db");
    int fd = open(home_path("cert9.db"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(hufu_holders_find(home, holders, MAX), 0);
    close(fd);
}

static void finds_nobody_without_a_database(void **state)
{
    struct hufu_process holders[MAX];
    (void)state;
    assert_int_equal(hufu_holders_find(home, holders, MAX), 0);
    assert_int_equal(hufu_holders_find("/does/not/exist", holders, MAX), 0);
    assert_int_equal(hufu_holders_find(home, holders, 0), 0);
    assert_false(hufu_holder_is(getpid(), home));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_who_has_it_open, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(knows_a_file_by_another_path, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(knows_what_a_holder_started, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(leaves_itself_out, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(finds_nobody_without_a_database, home_setup, home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
