#include "tray/run.h"

#include "base/cleanup.h"
#include "base/program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK_BYTES = 4096 };

/* How much later than its deadline a program may be ended. */
static const uint64_t ACCURACY_US = 100 * 1000;

struct hufu_run {
    const struct hufu_tray_program *program;
    void *context;
    struct hufu_run **slot;
    pid_t pid;
    int output; /* -1: nobody's */
    sd_event_source *child;
    sd_event_source *readable;
    sd_event_source *deadline;
};

/* --- its life --- */

static void forget(struct hufu_run *run)
{
    sd_event_source_unref(run->deadline);
    sd_event_source_unref(run->readable);
    sd_event_source_unref(run->child);
    hufu_close(&run->output);
    *run->slot = NULL;
    free(run);
}

/* Its number is still its own: it has not been waited for. */
static void kill_run(const struct hufu_run *run)
{
    (void)kill(run->program->lasts ? run->pid : -run->pid, SIGKILL);
}

/* false at the end, and when there is nothing now. */
static bool hear(struct hufu_run *run)
{
    uint8_t block[BLOCK_BYTES];
    ssize_t len = read(run->output, block, sizeof block);
    if (len > 0)
        run->program->heard(run->context, hufu_bytes_of(block, (size_t)len));
    else if (len == 0 || (errno != EAGAIN && errno != EINTR))
        run->readable = sd_event_source_disable_unref(run->readable);
    return len > 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *arg)
{
    (void)source;
    (void)fd;
    (void)events;
    (void)hear(arg);
    return 0;
}

/* sd-event waits for it after this. */
static int on_child(sd_event_source *source, const siginfo_t *info, void *arg)
{
    struct hufu_run *run = arg;
    const struct hufu_tray_program *program = run->program;
    void *context = run->context;
    int status = info->si_code == CLD_EXITED ? info->si_status : HUFU_RUN_FAILED;
    (void)source;
    if (!program->lasts)
        kill_run(run); /* what it left behind */
    while (run->readable && hear(run))
        continue;
    forget(run);
    program->ended(context, status);
    return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
    (void)source;
    (void)usec;
    kill_run(arg);
    return 0;
}

static int watch(sd_event *loop, struct hufu_run *run)
{
    int problem = sd_event_add_child(loop, &run->child, run->pid, WEXITED, on_child, run);
    if (problem >= 0 && run->output >= 0)
        problem = sd_event_add_io(loop, &run->readable, run->output, EPOLLIN, on_readable, run);
    if (problem >= 0 && run->program->deadline_s)
        problem = sd_event_add_time_relative(loop, &run->deadline, CLOCK_MONOTONIC,
                                             run->program->deadline_s * 1000 * 1000, ACCURACY_US,
                                             on_deadline, run);
    return problem < 0 ? -problem : 0;
}

static int start(struct hufu_run *run, const char *path)
{
    const struct hufu_tray_program *program = run->program;
    const struct hufu_program own = {
        .path = path,
        .arguments = program->arguments,
        .files = {[STDOUT_FILENO] = program->heard ? HUFU_PROGRAM_HEARD : HUFU_PROGRAM_NOTHING,
                  [STDERR_FILENO] = HUFU_PROGRAM_ERRORS},
        .tie = program->lasts ? HUFU_PROGRAM_SESSION : HUFU_PROGRAM_GROUP};
    return hufu_program_start(&own, &run->pid, &run->output);
}

int hufu_run_start(sd_event *loop, const char *path, const struct hufu_tray_program *program,
                   void *context, struct hufu_run **slot)
{
    struct hufu_run *run = calloc(1, sizeof *run);
    if (!run)
        return ENOMEM;
    *run = (struct hufu_run){.program = program, .context = context, .slot = slot, .output = -1};
    *slot = run;
    int problem = start(run, path);
    if (problem == 0)
        problem = watch(loop, run);
    if (problem && run->pid > 0)
        hufu_run_stop(slot);
    else if (problem)
        forget(run);
    return problem;
}

void hufu_run_stop(struct hufu_run **slot)
{
    struct hufu_run *run = *slot;
    if (!run)
        return;
    pid_t pid = run->program->lasts ? 0 : run->pid;
    if (pid)
        kill_run(run);
    forget(run);
    if (pid)
        (void)waitpid(pid, NULL, 0);
}
