#include "tray/run.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK_BYTES = 4096 };

/* How much later than its deadline a program may be ended. */
static const uint64_t ACCURACY_US = 100 * 1000;

struct hufu_run {
    const struct hufu_program *program;
    void *context;
    struct hufu_run **slot;
    pid_t pid;
    int output; /* -1: nobody's */
    sd_event_source *child;
    sd_event_source *readable;
    sd_event_source *deadline;
};

/* --- the child --- */

static void restore_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool become_own(const struct hufu_program *program, pid_t parent)
{
    if (program->lasts)
        return setsid() >= 0;
    return setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent;
}

_Noreturn static void become(const struct hufu_program *program, const char *path, int output,
                             pid_t parent)
{
    int null = open("/dev/null", O_RDWR);
    bool ready = null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
                 dup2(output < 0 ? null : output, STDOUT_FILENO) >= 0 &&
                 become_own(program, parent);
    closefrom(STDERR_FILENO + 1);
    restore_signals();
    if (ready)
        execv(path, (char *const *)(uintptr_t)program->arguments);
    _exit(HUFU_RUN_FAILED);
}

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
    const struct hufu_program *program = run->program;
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

static int fork_run(struct hufu_run *run, const char *path)
{
    int pipe[2] = {-1, -1};
    pid_t parent = getpid();
    if (run->program->heard && pipe2(pipe, O_CLOEXEC | O_NONBLOCK))
        return errno;
    HUFU_AUTO(hufu_close) int theirs = pipe[1];
    run->output = pipe[0];
    if (theirs >= 0 && fcntl(theirs, F_SETFL, 0)) /* a program expects that its output waits */
        return errno;
    run->pid = fork();
    if (run->pid == 0)
        become(run->program, path, theirs, parent);
    if (run->pid < 0)
        return errno;
    if (!run->program->lasts)
        (void)setpgid(run->pid, run->pid); /* whoever is first: kill_run may come at once */
    return 0;
}

int hufu_run_start(sd_event *loop, const char *path, const struct hufu_program *program,
                   void *context, struct hufu_run **slot)
{
    struct hufu_run *run = calloc(1, sizeof *run);
    if (!run)
        return ENOMEM;
    *run = (struct hufu_run){.program = program, .context = context, .slot = slot, .output = -1};
    *slot = run;
    int problem = fork_run(run, path);
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
