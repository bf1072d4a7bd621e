/* The half of a monitor that starts programs: a process of its own, and nothing but this loop. */
#include "base/monitor_process.h"

#include "base/cleanup.h"
#include "base/display.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* After the standard ones; no others are open. */
enum { SOCKET = STDERR_FILENO + 1, FIRST_UNUSED };

enum { EXIT_NOT_STARTED = 127 };

struct monitor {
    int signals;
    pid_t parent;
    const struct hufu_monitor_program *programs;
    size_t program_count;
    size_t child_count;
    pid_t children[HUFU_MONITOR_CHILDREN_MAX];
};

static void answer(const struct hufu_monitor_answer *answer, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
                          .cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {.iov_base = (void *)(uintptr_t)answer, .iov_len = sizeof *answer};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    (void)sendmsg(SOCKET, &message, MSG_NOSIGNAL); /* when the parent is gone, poll says so */
}

static void answer_problem(int problem)
{
    answer(&(struct hufu_monitor_answer){.problem = problem}, -1);
}

/* --- starting --- */

static void restore_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child. Descriptors 0 and 1 are /dev/null in the monitor, and all others but 2 are closed
 * by execv. */
_Noreturn static void become(const struct hufu_monitor_program *program, int socket, pid_t monitor,
                             int report)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    bool ready = getppid() == monitor && setpgid(0, 0) == 0 && dup2(socket, STDIN_FILENO) >= 0 &&
                 (!program->talks_on_stdout || dup2(socket, STDOUT_FILENO) >= 0);
    restore_signals();
    if (ready && program->opens_window && access(program->path, X_OK) == 0) {
        close(report); /* it is as good as started */
        hufu_display_find();
    }
    if (ready)
        execv(program->path, (char *const *)(uintptr_t)program->arguments);
    int problem = errno;
    if (write(report, &problem, sizeof problem) < 0)
        _exit(EXIT_NOT_STARTED);
    _exit(EXIT_NOT_STARTED);
}

/* Returns 0 once the program runs, or an errno value. */
static int start(const struct hufu_monitor_program *program, int socket, pid_t *ret_pid)
{
    int pipe[2];
    int problem = 0;
    pid_t monitor = getpid();
    if (pipe2(pipe, O_CLOEXEC))
        return errno;
    pid_t pid = fork();
    if (pid == 0)
        become(program, socket, monitor, pipe[1]);
    if (pid < 0)
        problem = errno;
    close(pipe[1]);
    if (pid > 0 && read(pipe[0], &problem, sizeof problem) > 0)
        waitpid(pid, NULL, 0);
    close(pipe[0]);
    *ret_pid = pid;
    return problem;
}

static void run(struct monitor *monitor, const struct hufu_monitor_request *request)
{
    struct hufu_monitor_answer reply = {0};
    int pair[2] = {-1, -1};
    if (request->program >= monitor->program_count) {
        answer_problem(EINVAL);
        return;
    }
    if (monitor->child_count == HUFU_MONITOR_CHILDREN_MAX) {
        answer_problem(EAGAIN);
        return;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
        answer_problem(errno);
        return;
    }
    HUFU_AUTO(hufu_close) int own = pair[0];
    HUFU_AUTO(hufu_close) int theirs = pair[1];
    reply.problem = start(&monitor->programs[request->program], theirs, &reply.process.pid);
    if (reply.problem == 0)
        monitor->children[monitor->child_count++] = reply.process.pid;
    answer(&reply, reply.problem ? -1 : own);
}

/* --- ending --- */

static pid_t *child_of(struct monitor *monitor, pid_t pid)
{
    for (size_t i = 0; i < monitor->child_count; i++)
        if (monitor->children[i] == pid)
            return &monitor->children[i];
    return NULL;
}

/* Ends a process group; its leader has not been waited for, so that its number is still its own. */
static void end(pid_t leader)
{
    (void)kill(-leader, SIGKILL);
}

static void reap(struct monitor *monitor)
{
    siginfo_t info = {0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0) {
        pid_t *child = child_of(monitor, info.si_pid);
        end(info.si_pid); /* what it left behind */
        waitpid(info.si_pid, NULL, 0);
        if (child)
            *child = monitor->children[--monitor->child_count];
        info = (siginfo_t){0};
    }
}

/* --- talking --- */

static void find(unsigned long inode)
{
    struct hufu_monitor_answer reply = {0};
    if (!hufu_process_of_socket(inode, &reply.process))
        reply.problem = ESRCH;
    answer(&reply, -1);
}

/* false when the parent is gone. */
static bool serve(struct monitor *monitor)
{
    struct hufu_monitor_request request;
    ssize_t got = recv(SOCKET, &request, sizeof request, 0);
    if (got != (ssize_t)sizeof request)
        return false;
    switch (request.verb) {
    case HUFU_MONITOR_RUN:
        run(monitor, &request);
        break;
    case HUFU_MONITOR_KILL:
        if (child_of(monitor, request.pid))
            end(request.pid);
        break;
    case HUFU_MONITOR_FIND:
        find(request.inode);
        break;
    }
    return true;
}

/* Of all signals the monitor hears two: a child's end, and the kernel's word that the parent is
 * gone, which someone may send for another reason. */
static void hear_signal(struct monitor *monitor)
{
    struct signalfd_siginfo info;
    if (read(monitor->signals, &info, sizeof info) > 0)
        reap(monitor);
}

static void live(struct monitor *monitor)
{
    struct pollfd polled[] = {{.fd = SOCKET, .events = POLLIN},
                              {.fd = monitor->signals, .events = POLLIN}};
    while (getppid() == monitor->parent) {
        if (poll(polled, 2, -1) < 0)
            continue;
        if (polled[1].revents)
            hear_signal(monitor);
        if (polled[0].revents && !serve(monitor))
            return;
    }
}

static int open_signals(void)
{
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, SIGTERM);
    return signalfd(-1, &heard, SFD_CLOEXEC);
}

/* Leaves the standard descriptors, of which 2 is the log, and the socket. */
static bool keep_descriptors(int socket)
{
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        (socket != SOCKET && dup3(socket, SOCKET, O_CLOEXEC) < 0))
        return false;
    closefrom(FIRST_UNUSED);
    return true;
}

_Noreturn void hufu_monitor_live(int socket, pid_t parent,
                                 const struct hufu_monitor_program *programs, size_t count)
{
    struct monitor monitor = {.parent = parent, .programs = programs, .program_count = count};
    (void)prctl(PR_SET_NAME, "hufu-monitor");
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)setpgid(0, 0); /* whoever ends the parent with its group leaves this to clean up */
    if (keep_descriptors(socket) && (monitor.signals = open_signals()) >= 0)
        live(&monitor);
    for (size_t i = 0; i < monitor.child_count; i++)
        end(monitor.children[i]);
    _exit(0);
}
