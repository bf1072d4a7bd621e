#include "open/task.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/program.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_STEP = 4096 };

int hufu_task_start(struct hufu_task *task, const char *path, const char *const *arguments,
                    size_t output_max, int64_t ms)
{
    struct hufu_program program = {
        .path = path, .arguments = arguments, .tie = HUFU_PROGRAM_SESSION};
    pid_t pid = 0;
    int output = -1;
    if (output_max) {
        program.files[STDOUT_FILENO] = HUFU_PROGRAM_HEARD;
        program.files[STDERR_FILENO] = HUFU_PROGRAM_ERRORS;
    }
    int problem = hufu_program_start(&program, &pid, &output);
    if (problem)
        return problem;
    hufu_buf_done(&task->output);
    *task = (struct hufu_task){.pid = pid,
                               .fd = output,
                               .deadline_ms = ms ? hufu_clock_ms() + ms : 0,
                               .output = {.max = output_max}};
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
