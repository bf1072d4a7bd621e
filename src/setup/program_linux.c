#include "setup/program.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_STEP = 4096 };

extern char **environ;

/* --- running one --- */

static bool spawn(const char *const *arguments, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return false;
    bool ready = !posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) &&
                 !posix_spawn_file_actions_adddup2(&actions, output, 1) &&
                 !posix_spawn_file_actions_adddup2(&actions, output, 2);
    /* POSIX has no const here for the sake of old programs; the strings stay as they are. */
    char *const *argv = (char *const *)(uintptr_t)arguments;
    ready = ready && !posix_spawn(ret_pid, arguments[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return ready;
}

static int left_ms(int64_t deadline)
{
    int64_t left = deadline - hufu_clock_ms();
    return left > 0 ? (int)left : 0;
}

/* What is more than the buffer takes is read all the same, so that the program can go on. */
static bool drain(int fd, struct hufu_buf *buf)
{
    char block[READ_STEP];
    ssize_t len = TEMP_FAILURE_RETRY(read(fd, block, sizeof block));
    if (len > 0 && buf && !buf->failed)
        hufu_buf_add(buf, block, (size_t)len);
    return len > 0;
}

/* Until it ends: what it started may hold its output for longer. */
static void listen_to(int fd, int process, int64_t deadline, struct hufu_buf *ret_output)
{
    enum { OUTPUT, PROCESS, COUNT };
    struct pollfd polls[COUNT] = {
        [OUTPUT] = {.fd = fd, .events = POLLIN}, [PROCESS] = {.fd = process, .events = POLLIN}};
    while (left_ms(deadline) && poll(polls, COUNT, left_ms(deadline)) != 0) {
        if (polls[OUTPUT].revents && !drain(fd, ret_output))
            polls[OUTPUT].fd = -1;
        if (!polls[OUTPUT].revents && polls[PROCESS].revents)
            return;
    }
}

int hufu_program_run(const char *const *arguments, int deadline_ms, struct hufu_buf *ret_output)
{
    int ends[2];
    pid_t pid = -1;
    int status = -1;
    if (pipe2(ends, O_CLOEXEC))
        return HUFU_PROGRAM_FAILED;
    bool started = spawn(arguments, ends[1], &pid);
    HUFU_AUTO(hufu_close) int output = ends[0];
    close(ends[1]);
    if (!started)
        return HUFU_PROGRAM_FAILED;
    HUFU_AUTO(hufu_close) int process = pidfd_open(pid, 0);
    listen_to(output, process, hufu_clock_ms() + deadline_ms, ret_output);
    struct pollfd ended = {.fd = process, .events = POLLIN};
    if (poll(&ended, 1, 0) == 0)
        kill(pid, SIGKILL);
    TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : HUFU_PROGRAM_FAILED;
}

/* --- ending those that run --- */

struct search {
    const char *name;
    int grace_ms; /* of those that are to be ended; 0: none is */
    bool found;
    bool stayed;
};

static bool look_at(void *context, pid_t pid)
{
    struct search *search = context;
    struct hufu_process process;
    if (pid == getpid() || !hufu_process_look(pid, &process) ||
        strcmp(process.name, search->name) != 0)
        return true;
    search->found = true;
    if (search->grace_ms && !hufu_process_end(&process, search->grace_ms))
        search->stayed = true;
    return true;
}

bool hufu_program_runs(const char *name)
{
    struct search search = {.name = name};
    hufu_process_each(look_at, &search);
    return search.found;
}

bool hufu_program_end(const char *name, int grace_ms)
{
    struct search search = {.name = name, .grace_ms = grace_ms};
    hufu_process_each(look_at, &search);
    return !search.stayed;
}
