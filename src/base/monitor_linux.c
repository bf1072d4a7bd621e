/* The half of a monitor that stays in the process which is going to be confined. */
#include "base/monitor.h"

#include "base/cleanup.h"
#include "base/monitor_process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct hufu_monitor {
    int socket;
    pid_t pid;
};

/* Forks with all signals blocked: the child is not yet ready for any. */
static pid_t fork_blocked(void)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    int problem = errno;
    if (pid != 0)
        sigprocmask(SIG_SETMASK, &before, NULL);
    errno = problem;
    return pid;
}

struct hufu_monitor *hufu_monitor_start(const struct hufu_monitor_program *programs, size_t count)
{
    int pair[2];
    pid_t parent = getpid();
    HUFU_AUTO(hufu_free) struct hufu_monitor *monitor = calloc(1, sizeof *monitor);
    if (!monitor || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
        return NULL;
    HUFU_AUTO(hufu_close) int own = pair[0];
    HUFU_AUTO(hufu_close) int theirs = pair[1];
    monitor->pid = fork_blocked();
    if (monitor->pid == 0)
        hufu_monitor_live(theirs, parent, programs, count);
    if (monitor->pid < 0)
        return NULL;
    monitor->socket = own;
    own = -1;
    return HUFU_TAKE(monitor);
}

/* What is found out stays there for hufu_monitor_free. */
bool hufu_monitor_has_ended(const struct hufu_monitor *monitor)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)monitor->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == monitor->pid;
}

void hufu_monitor_free(struct hufu_monitor *monitor)
{
    if (!monitor)
        return;
    close(monitor->socket);
    while (waitpid(monitor->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(monitor);
}

static bool ask(struct hufu_monitor *monitor, const struct hufu_monitor_request *request)
{
    ssize_t put = 0;
    do
        put = send(monitor->socket, request, sizeof *request, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    return put == (ssize_t)sizeof *request;
}

static int descriptor_of(struct msghdr *message)
{
    int fd = -1;
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(control), sizeof fd);
    return fd;
}

/* `ret_fd` is -1 where the answer brought no descriptor. false with errno. */
static bool hear(struct hufu_monitor *monitor, struct hufu_monitor_answer *ret_answer, int *ret_fd)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {.iov_base = ret_answer, .iov_len = sizeof *ret_answer};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t got = 0;
    do
        got = recvmsg(monitor->socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof *ret_answer)
        errno = EPIPE;
    else if (ret_answer->problem)
        errno = ret_answer->problem;
    *ret_fd = got > 0 ? descriptor_of(&message) : -1;
    return got == (ssize_t)sizeof *ret_answer && ret_answer->problem == 0;
}

int hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid)
{
    struct hufu_monitor_request request = {.verb = HUFU_MONITOR_RUN, .program = program};
    struct hufu_monitor_answer answer = {0};
    int fd = -1;
    if (!ask(monitor, &request) || !hear(monitor, &answer, &fd))
        return -1;
    *ret_pid = answer.process.pid;
    return fd;
}

void hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid)
{
    struct hufu_monitor_request request = {.verb = HUFU_MONITOR_KILL, .pid = pid};
    (void)ask(monitor, &request); /* a monitor that is gone has ended everything */
}

bool hufu_monitor_find(struct hufu_monitor *monitor, unsigned long inode,
                       struct hufu_process *ret_process)
{
    struct hufu_monitor_request request = {.verb = HUFU_MONITOR_FIND, .inode = inode};
    struct hufu_monitor_answer answer = {0};
    int none = -1;
    if (!ask(monitor, &request) || !hear(monitor, &answer, &none))
        return false;
    *ret_process = answer.process;
    return true;
}
