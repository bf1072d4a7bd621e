#include "base/program.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_STEP = 4096, REPORT = STDERR_FILENO + 1 };

/* --- the child --- */

static bool set_files(const struct hufu_program *program, int output)
{
    int from[] = {[HUFU_PROGRAM_NOTHING] = open("/dev/null", O_RDWR | O_CLOEXEC),
                  [HUFU_PROGRAM_HEARD] = output,
                  [HUFU_PROGRAM_INPUT] = STDIN_FILENO,
                  [HUFU_PROGRAM_ERRORS] = STDERR_FILENO};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (dup2(from[program->files[fd]], fd) < 0)
            return false;
    return true;
}

static void restore_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool set_tie(enum hufu_program_tie tie, pid_t parent)
{
    if (tie == HUFU_PROGRAM_NEAR)
        return true;
    restore_signals();
    if (tie == HUFU_PROGRAM_SESSION)
        return setsid() >= 0;
    return setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

/* `report` is closed when the program runs, and tells why it does not. */
_Noreturn static void become(const struct hufu_program *program, int output, int report,
                             pid_t parent)
{
    const char *path = program->path ? program->path : program->arguments[0];
    const char *const *environment = program->environment;
    if (set_files(program, output) && set_tie(program->tie, parent)) {
        (void)dup3(report, REPORT, O_CLOEXEC); /* EINVAL: it is there */
        report = REPORT;
        closefrom(REPORT + 1);
        /* POSIX has no const here for the sake of old programs; the strings stay as they are. */
        execve(path, (char *const *)(uintptr_t)program->arguments,
               environment ? (char *const *)(uintptr_t)environment : environ);
    }
    int problem = errno;
    if (write(report, &problem, sizeof problem) < 0)
        _exit(HUFU_PROGRAM_FAILED);
    _exit(HUFU_PROGRAM_FAILED);
}

/* --- starting --- */

/* 0, or an errno value; the output is `theirs`, or nothing when that is negative. */
static int fork_child(const struct hufu_program *program, int theirs, pid_t *ret_pid)
{
    int ends[2];
    int problem = 0;
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC))
        return errno;
    HUFU_AUTO(hufu_close) int report = ends[0];
    pid_t pid = fork();
    if (pid == 0)
        become(program, theirs, ends[1], parent);
    if (pid < 0)
        problem = errno;
    close(ends[1]);
    if (pid > 0 && TEMP_FAILURE_RETRY(read(report, &problem, sizeof problem)) > 0)
        TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
    *ret_pid = pid;
    return problem;
}

static bool is_heard(const struct hufu_program *program)
{
    return program->files[STDOUT_FILENO] == HUFU_PROGRAM_HEARD ||
           program->files[STDERR_FILENO] == HUFU_PROGRAM_HEARD;
}

int hufu_program_start(const struct hufu_program *program, pid_t *ret_pid, int *ret_output)
{
    int ends[2] = {-1, -1};
    pid_t pid = -1;
    if (is_heard(program) && pipe2(ends, O_CLOEXEC))
        return errno;
    HUFU_AUTO(hufu_close) int ours = ends[0];
    HUFU_AUTO(hufu_close) int theirs = ends[1];
    if (ours >= 0 && fcntl(ours, F_SETFL, O_NONBLOCK)) /* theirs waits, as programs expect */
        return errno;
    int problem = fork_child(program, theirs, &pid);
    if (problem)
        return problem;
    *ret_pid = pid;
    *ret_output = ours;
    ours = -1;
    return 0;
}

/* --- to its end --- */

/* As poll has it. */
static int left_ms(int64_t end_ms)
{
    int64_t left = end_ms - hufu_clock_ms();
    if (end_ms == 0)
        return -1;
    return left > 0 ? (int)left : 0;
}

/* false at the end. */
static bool hear(int fd, struct hufu_buf *buf)
{
    char block[READ_STEP];
    ssize_t len = TEMP_FAILURE_RETRY(read(fd, block, sizeof block));
    if (len > 0 && buf && !buf->failed)
        hufu_buf_add(buf, block, (size_t)len);
    return len > 0;
}

/* Until it ends: what it started may hold its output for longer. false at the deadline. */
static bool listen_to(int fd, int process, int64_t end_ms, struct hufu_buf *ret_output)
{
    enum { OUTPUT, PROCESS, COUNT };
    struct pollfd polls[COUNT] = {
        [OUTPUT] = {.fd = fd, .events = POLLIN}, [PROCESS] = {.fd = process, .events = POLLIN}};
    while (process >= 0 && TEMP_FAILURE_RETRY(poll(polls, COUNT, left_ms(end_ms))) > 0) {
        if (polls[OUTPUT].revents && !hear(fd, ret_output))
            polls[OUTPUT].fd = -1;
        else if (!polls[OUTPUT].revents && polls[PROCESS].revents)
            return true;
        if (left_ms(end_ms) == 0)
            return false;
    }
    return false;
}

int hufu_program_run(const struct hufu_program *program, int deadline_ms,
                     struct hufu_buf *ret_output)
{
    pid_t pid = -1;
    int status = -1;
    int64_t end_ms = deadline_ms ? hufu_clock_ms() + deadline_ms : 0;
    HUFU_AUTO(hufu_close) int output = -1;
    if (hufu_program_start(program, &pid, &output))
        return HUFU_PROGRAM_FAILED;
    HUFU_AUTO(hufu_close) int process = pidfd_open(pid, 0);
    if (!listen_to(output, process, end_ms, ret_output))
        kill(pid, SIGKILL);
    TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : HUFU_PROGRAM_FAILED;
}
