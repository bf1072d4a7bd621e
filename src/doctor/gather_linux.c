#include "doctor/gather.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ERRANDS_MAX = 32 };

struct child {
    pid_t pid;
    int fd;       /* of the process, readable once it has ended; -1: it has been collected */
    void *shared; /* its facts: what it wrote before a crash is not lost */
};

/* Whatever it prints is of no interest, and a crash leaves no core behind. */
static void be_quiet(void)
{
    const struct rlimit none = {0};
    HUFU_AUTO(hufu_close) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)setrlimit(RLIMIT_CORE, &none);
    for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
        (void)dup2(null, fd);
}

static void live(const struct hufu_errand *errand, void *shared, pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    be_quiet();
    errand->look(shared);
    _exit(0);
}

static struct child start(const struct hufu_errand *errand)
{
    struct child child = {.pid = -1, .fd = -1};
    pid_t parent = getpid();
    child.shared =
        mmap(NULL, errand->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (child.shared == MAP_FAILED)
        return child;
    memcpy(child.shared, errand->facts, errand->size);
    child.pid = fork();
    if (child.pid == 0)
        live(errand, child.shared, parent);
    if (child.pid > 0) {
        setpgid(child.pid, child.pid); /* whoever of the two is first */
        child.fd = (int)syscall(SYS_pidfd_open, child.pid, 0);
    }
    return child;
}

/* With all that it started; it has ended, or it ends now. */
static void collect(struct hufu_errand *errand, struct child *child, bool in_time, int64_t began_ms)
{
    int status = 0;
    errand->in_time = in_time;
    errand->took_ms = (int)(hufu_clock_ms() - began_ms);
    if (child->pid > 0) {
        siginfo_t info;
        /* While it is not yet collected, its number and that of its group are not used again. */
        if (in_time)
            TEMP_FAILURE_RETRY(waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT));
        kill(-child->pid, SIGKILL);
        kill(child->pid, SIGKILL);
        TEMP_FAILURE_RETRY(waitpid(child->pid, &status, 0));
        errand->signal = in_time && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    if (child->shared != MAP_FAILED) {
        memcpy(errand->facts, child->shared, errand->size);
        munmap(child->shared, errand->size);
    }
    hufu_close(&child->fd);
    child->fd = -1;
}

/* Waits for the first to end; false when none of them does until then. */
static bool wait_for_one(struct child *children, size_t count, int64_t end_ms, bool ended[])
{
    struct pollfd polls[ERRANDS_MAX];
    int64_t left = end_ms - hufu_clock_ms();
    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){.fd = children[i].fd, .events = POLLIN};
    int ready = (int)TEMP_FAILURE_RETRY(poll(polls, count, left > 0 ? (int)left : 0));
    for (size_t i = 0; i < count; i++)
        ended[i] = ready > 0 && polls[i].revents != 0;
    return ready > 0;
}

void hufu_gather(struct hufu_errand *errands, size_t count, int deadline_ms)
{
    struct child children[ERRANDS_MAX];
    int64_t began_ms = hufu_clock_ms();
    size_t running = 0;
    bool ended[ERRANDS_MAX];
    count = count < ERRANDS_MAX ? count : ERRANDS_MAX;
    for (size_t i = 0; i < count; i++) {
        children[i] = start(&errands[i]);
        if (children[i].fd < 0)
            collect(&errands[i], &children[i], false, began_ms);
        running += children[i].fd >= 0;
    }
    while (running && wait_for_one(children, count, began_ms + deadline_ms, ended))
        for (size_t i = 0; i < count; i++)
            if (ended[i]) {
                collect(&errands[i], &children[i], true, began_ms);
                running--;
            }
    for (size_t i = 0; i < count; i++)
        if (children[i].fd >= 0)
            collect(&errands[i], &children[i], false, began_ms);
}
