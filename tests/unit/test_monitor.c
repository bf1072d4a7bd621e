#include "unit.h"

#include "base/cleanup.h"
#include "base/monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the monitor of every test may start. */
enum { CAT, SLEEP, MISSING, FORKS, QUIET, LIST, TELLS };

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})

static struct hufu_monitor *start(void)
{
    static const char *const cat[] = {"cat", NULL};
    static const char *const sleeper[] = {"sleep", "600", NULL};
    static const char *const list[] = {"ls", "/proc/self/fd", NULL};
    const struct hufu_monitor_program programs[] = {
        [CAT] = {"/bin/cat", cat, .talks_on_stdout = true},
        [SLEEP] = {"/bin/sleep", sleeper, .talks_on_stdout = false},
        [MISSING] = {"/does/not/exist", sleeper, .talks_on_stdout = false},
        /* a child of its own, whose number it says and which has the socket as well */
        [FORKS] = {"/bin/sh", SHELL("sleep 600 & echo $!; exec sleep 600"),
                   .talks_on_stdout = true},
        [QUIET] = {"/bin/sh", SHELL("echo unheard; echo heard >&0"), .talks_on_stdout = false},
        [LIST] = {"/bin/ls", list, .talks_on_stdout = true},
        [TELLS] = {"/bin/sh",
                   SHELL("grep -E '^(NSpgid|SigBlk|SigIgn):' /proc/$$/status | tr -s '\\t\\n' ' '"),
                   .talks_on_stdout = true},
    };
    struct hufu_monitor *monitor =
        hufu_monitor_start(programs, sizeof programs / sizeof programs[0]);
    assert_non_null(monitor);
    return monitor;
}

/* Ten seconds, not for ever. */
static bool readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 10000) == 1;
}

/* All that comes until the end of the socket. */
static void read_text(int fd, char *text, size_t size)
{
    size_t len = 0;
    for (ssize_t got = 1; got > 0 && len < size - 1; len += (size_t)got) {
        assert_true(readable(fd));
        got = read(fd, text + len, size - 1 - len);
        if (got < 0)
            got = 0; /* reset: its process was killed with unread bytes */
    }
    text[len] = 0;
}

static bool exists(pid_t pid)
{
    char path[64];
    char state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    int read = fscanf(file, "%*d %*s %c", &state);
    fclose(file);
    return read == 1 && state != 'Z';
}

static void assert_ends(pid_t pid)
{
    for (int i = 0; i < 1000 && exists(pid); i++)
        usleep(10000);
    assert_false(exists(pid));
}

static void assert_closes(int fd)
{
    char byte;
    assert_true(readable(fd));
    assert_true(read(fd, &byte, 1) <= 0);
}

static void starts_a_program_that_talks_on_its_socket(void **state)
{
    (void)state;
    char text[16] = "";
    pid_t pid = 0;
    struct hufu_monitor *monitor = start();
    HUFU_AUTO(hufu_close) int fd = hufu_monitor_run(monitor, CAT, &pid);
    assert_true(fd >= 0);
    assert_true(exists(pid));
    assert_int_equal(write(fd, "hello", 5), 5);
    assert_true(readable(fd));
    assert_int_equal(read(fd, text, sizeof text - 1), 5);
    assert_string_equal(text, "hello");
    shutdown(fd, SHUT_WR);
    assert_closes(fd);
    assert_ends(pid);
    hufu_monitor_free(monitor);
}

static void a_program_may_have_its_stdout_elsewhere(void **state)
{
    (void)state;
    char text[64];
    pid_t pid = 0;
    struct hufu_monitor *monitor = start();
    HUFU_AUTO(hufu_close) int fd = hufu_monitor_run(monitor, QUIET, &pid);
    read_text(fd, text, sizeof text);
    assert_string_equal(text, "heard\n");
    hufu_monitor_free(monitor);
}

static void assert_says(size_t program, const char *format)
{
    char text[256];
    char expected[256];
    pid_t pid = 0;
    struct hufu_monitor *monitor = start();
    HUFU_AUTO(hufu_close) int fd = hufu_monitor_run(monitor, program, &pid);
    assert_true(fd >= 0);
    read_text(fd, text, sizeof text);
    hufu_monitor_free(monitor);
    const char *hole = strchr(format, '@');
    snprintf(expected, sizeof expected, "%.*s%d%s", hole ? (int)(hole - format) : 0, format, pid,
             hole ? hole + 1 : "");
    assert_string_equal(text, hole ? expected : format);
}

static void a_program_starts_with_three_descriptors(void **state)
{
    (void)state;
    int stray[2];
    assert_int_equal(pipe(stray), 0);  /* not close-on-exec */
    assert_says(LIST, "0\n1\n2\n3\n"); /* the last one is the folder that ls reads */
    close(stray[0]);
    close(stray[1]);
}

static void a_program_starts_in_its_own_group_with_all_signals(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_says(TELLS, "NSpgid: @ SigBlk: 0000000000000000 SigIgn: 0000000000000000 ");
}

static void starts_nothing_else(void **state)
{
    (void)state;
    pid_t pid = -5;
    struct hufu_monitor *monitor = start();
    assert_int_equal(hufu_monitor_run(monitor, TELLS + 1, &pid), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(hufu_monitor_run(monitor, SIZE_MAX, &pid), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(hufu_monitor_run(monitor, MISSING, &pid), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(pid, -5);
    hufu_monitor_free(monitor);
}

static void kills_with_the_group(void **state)
{
    (void)state;
    char text[16] = "";
    pid_t pid = 0;
    struct hufu_monitor *monitor = start();
    HUFU_AUTO(hufu_close) int fd = hufu_monitor_run(monitor, FORKS, &pid);
    assert_true(readable(fd));
    assert_true(read(fd, text, sizeof text - 1) > 0);
    pid_t grandchild = atoi(text);
    assert_true(exists(grandchild));
    hufu_monitor_kill(monitor, pid);
    assert_closes(fd);
    assert_ends(pid);
    assert_ends(grandchild);
    hufu_monitor_kill(monitor, pid); /* once more does nothing */
    hufu_monitor_free(monitor);
}

/* Neither another's process nor, as numbers below 1 would mean, a group or all. */
static void kills_only_what_it_started(void **state)
{
    (void)state;
    struct hufu_monitor *monitor = start();
    struct hufu_process process;
    pid_t stranger = fork();
    if (stranger == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    setpgid(stranger, stranger);
    const pid_t pids[] = {stranger, -stranger, 0, -1, 1, getpid()};
    for (size_t i = 0; i < sizeof pids / sizeof pids[0]; i++)
        hufu_monitor_kill(monitor, pids[i]);
    assert_false(hufu_monitor_find(monitor, 1, &process)); /* all was heard */
    assert_true(exists(stranger));
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
    hufu_monitor_free(monitor);
}

static void starts_so_many_and_no_more(void **state)
{
    (void)state;
    pid_t pids[HUFU_MONITOR_CHILDREN_MAX];
    int fds[HUFU_MONITOR_CHILDREN_MAX];
    pid_t pid = 0;
    struct hufu_monitor *monitor = start();
    for (int i = 0; i < HUFU_MONITOR_CHILDREN_MAX; i++)
        assert_true((fds[i] = hufu_monitor_run(monitor, CAT, &pids[i])) >= 0);
    assert_int_equal(hufu_monitor_run(monitor, CAT, &pid), -1);
    assert_int_equal(errno, EAGAIN);
    hufu_monitor_kill(monitor, pids[0]);
    assert_closes(fds[0]);
    assert_ends(pids[0]);
    int again = hufu_monitor_run(monitor, CAT, &pid);
    assert_true(again >= 0);
    close(again);
    hufu_monitor_free(monitor);
    for (int i = 0; i < HUFU_MONITOR_CHILDREN_MAX; i++) {
        assert_ends(pids[i]);
        close(fds[i]);
    }
}

/* A process with a monitor, both of which run until it is killed. Returns its number. */
static pid_t start_parent(pid_t *ret_monitor, pid_t *ret_child)
{
    int pipes[2];
    pid_t numbers[2] = {0};
    assert_int_equal(pipe(pipes), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct hufu_monitor *monitor = start();
        char children[32] = "";
        FILE *file = fopen("/proc/thread-self/children", "re");
        numbers[0] = file && fgets(children, sizeof children, file) ? atoi(children) : 0;
        hufu_monitor_run(monitor, SLEEP, &numbers[1]);
        if (write(pipes[1], numbers, sizeof numbers) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipes[0], numbers, sizeof numbers), sizeof numbers);
    close(pipes[0]);
    close(pipes[1]);
    *ret_monitor = numbers[0];
    *ret_child = numbers[1];
    return parent;
}

static void dies_with_its_parent(void **state)
{
    (void)state;
    pid_t monitor = 0;
    pid_t child = 0;
    pid_t parent = start_parent(&monitor, &child);
    assert_true(exists(monitor) && exists(child));
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    assert_ends(monitor);
    assert_ends(child);
}

static void takes_its_programs_along(void **state)
{
    (void)state;
    pid_t monitor = 0;
    pid_t child = 0;
    pid_t parent = start_parent(&monitor, &child);
    kill(monitor, SIGKILL);
    assert_ends(child);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
}

/* A terminal and systemd send them to everything; the parent decides. */
static void leaves_signals_to_its_parent(void **state)
{
    (void)state;
    pid_t monitor = 0;
    pid_t child = 0;
    const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGTERM};
    pid_t parent = start_parent(&monitor, &child);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        kill(monitor, signals[i]);
    usleep(50000);
    assert_true(exists(monitor) && exists(child));
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    assert_ends(child);
}

static void a_monitor_that_is_gone_starts_nothing(void **state)
{
    (void)state;
    char children[32] = "";
    pid_t pid = 0;
    struct hufu_process process;
    struct hufu_monitor *monitor = start();
    FILE *file = fopen("/proc/thread-self/children", "re");
    assert_true(file && fgets(children, sizeof children, file));
    fclose(file);
    kill(atoi(children), SIGKILL);
    assert_ends(atoi(children));
    assert_int_equal(hufu_monitor_run(monitor, CAT, &pid), -1);
    assert_int_equal(errno, EPIPE);
    assert_false(hufu_monitor_find(monitor, 1, &process));
    hufu_monitor_kill(monitor, 1);
    hufu_monitor_free(monitor);
}

static void names_the_holder_of_a_socket(void **state)
{
    (void)state;
    struct stat info;
    struct hufu_process process = {0};
    struct hufu_monitor *monitor = start();
    HUFU_AUTO(hufu_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(fstat(fd, &info), 0);
    prctl(PR_SET_NAME, "na\nme\x1b[31m");
    assert_true(hufu_monitor_find(monitor, info.st_ino, &process));
    assert_int_equal(process.pid, getpid());
    assert_string_equal(process.name, "na");
    prctl(PR_SET_NAME, "\xe8\x99\x8e\x1b[31m");
    assert_true(hufu_monitor_find(monitor, info.st_ino, &process));
    assert_string_equal(process.name, "????[31m");
    assert_false(hufu_monitor_find(monitor, 0, &process));
    assert_int_equal(process.pid, getpid());
    hufu_monitor_free(monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_a_program_that_talks_on_its_socket),
        cmocka_unit_test(a_program_may_have_its_stdout_elsewhere),
        cmocka_unit_test(a_program_starts_with_three_descriptors),
        cmocka_unit_test(a_program_starts_in_its_own_group_with_all_signals),
        cmocka_unit_test(starts_nothing_else),
        cmocka_unit_test(kills_with_the_group),
        cmocka_unit_test(kills_only_what_it_started),
        cmocka_unit_test(starts_so_many_and_no_more),
        cmocka_unit_test(dies_with_its_parent),
        cmocka_unit_test(takes_its_programs_along),
        cmocka_unit_test(leaves_signals_to_its_parent),
        cmocka_unit_test(a_monitor_that_is_gone_starts_nothing),
        cmocka_unit_test(names_the_holder_of_a_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
