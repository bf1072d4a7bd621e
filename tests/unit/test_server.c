#include "home.h"

#include "base/process.h"
#include "trust/server.h"
#include "wire/running.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static const char leaf[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
static const char other[] = "1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/* A program that has the database in HOME open until it is ended. */
static pid_t start(void)
{
    int ends[2];
    char byte = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(home_path("cert9.db"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd >= 0 && write(ends[1], &byte, 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void note(pid_t pid, uint64_t later, const char *sha256)
{
    struct hufu_process process;
    struct hufu_refusals refusals = {.count = 1};
    assert_true(hufu_process_look(pid, &process));
    refusals.items[0].pid = pid;
    refusals.items[0].started = process.started + later;
    snprintf(refusals.items[0].sha256, sizeof refusals.items[0].sha256, "%s", sha256);
    assert_int_equal(hufu_refusals_write(&refusals), 0);
}

static void who_refused_still_refuses(void **state)
{
    (void)state;
    pid_t browser = start();
    assert_false(hufu_server_is_refused(leaf, home));
    note(browser, 0, leaf);
    assert_true(hufu_server_is_refused(leaf, home));
    end(browser);
    assert_false(hufu_server_is_refused(leaf, home));
}

static void only_this_certificate_process_and_store_count(void **state)
{
    (void)state;
    pid_t browser = start();
    note(browser, 0, other);
    bool certificate = hufu_server_is_refused(leaf, home);
    note(browser, 1, leaf);
    bool process = hufu_server_is_refused(leaf, home);
    note(getpid(), 0, leaf);
    bool store = hufu_server_is_refused(leaf, home);
    end(browser);
    assert_false(certificate);
    assert_false(process);
    assert_false(store);
}

static void nobody_is_found_without_ports(void **state)
{
    const struct hufu_store_order order = {.ours = ""};
    struct hufu_server server;
    (void)state;
    hufu_server_find(&order, &server);
    assert_int_equal(server.state, HUFU_SERVER_ABSENT);
    assert_int_equal(server.port, 0);
    assert_string_equal(server.sha256, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_refused_still_refuses, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(only_this_certificate_process_and_store_count, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(nobody_is_found_without_ports, home_setup, home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
