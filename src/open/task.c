#include "open/task.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { READ_STEP = 4096 };

static void set_files(posix_spawn_file_actions_t *files, int output)
{
    posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output >= 0) {
        posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO);
        return;
    }
    posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(files, STDOUT_FILENO, STDERR_FILENO);
}

/* Signals that we block or ignore are as usual for it. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t ignored;
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    posix_spawnattr_setflags(attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &ignored);
}

/* Descriptors of ours close by themselves. `output` is negative for none. */
static int spawn(const char *path, const char *const *arguments, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    set_files(&files, output);
    set_attributes(&attributes);
    int problem = posix_spawn(ret_pid, path, &files, &attributes,
                              (char *const *)(uintptr_t)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return problem;
}

int hufu_task_start(struct hufu_task *task, const char *path, const char *const *arguments,
                    size_t output_max, int64_t ms)
{
    int ends[2] = {-1, -1};
    pid_t pid = 0;
    if (output_max && pipe2(ends, O_CLOEXEC))
        return errno;
    HUFU_AUTO(hufu_close) int own = ends[0];
    HUFU_AUTO(hufu_close) int theirs = ends[1];
    if (own >= 0 && fcntl(own, F_SETFL, O_NONBLOCK))
        return errno;
    int problem = spawn(path, arguments, theirs, &pid);
    if (problem)
        return problem;
    hufu_buf_done(&task->output);
    *task = (struct hufu_task){.pid = pid,
                               .fd = own,
                               .deadline_ms = ms ? hufu_clock_ms() + ms : 0,
                               .output = {.max = output_max}};
    own = -1;
    return 0;
}

static void close_output(struct hufu_task *task)
{
    hufu_close(&task->fd);
    task->fd = -1;
}

void hufu_task_read(struct hufu_task *task)
{
    char block[READ_STEP];
    ssize_t len = 0;
    while (task->pid && task->fd >= 0) {
        len = read(task->fd, block, sizeof block);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            return;
        if (len <= 0) {
            close_output(task);
            return;
        }
        hufu_buf_add(&task->output, block, (size_t)len);
        if (task->output.failed) {
            (void)kill(-task->pid, SIGKILL);
            close_output(task);
        }
    }
}

/* Its last words are in the pipe when it has ended; a program that it left behind may go on and
 * hold the pipe, so the end of that is not waited for. */
bool hufu_task_ended(struct hufu_task *task)
{
    if (!task->pid || waitpid(task->pid, &task->status, WNOHANG) != task->pid)
        return false;
    hufu_task_read(task);
    if (task->fd >= 0)
        close_output(task);
    task->pid = 0;
    return true;
}

bool hufu_task_succeeded(const struct hufu_task *task)
{
    return WIFEXITED(task->status) && WEXITSTATUS(task->status) == 0;
}

void hufu_task_stop(struct hufu_task *task)
{
    if (!task->pid)
        return;
    (void)kill(-task->pid, SIGKILL);
    while (waitpid(task->pid, &task->status, 0) < 0 && errno == EINTR)
        continue;
    close_output(task);
    task->pid = 0;
}

void hufu_task_done(struct hufu_task *task)
{
    hufu_buf_done(&task->output);
}
