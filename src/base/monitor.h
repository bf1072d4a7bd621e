/* The part of a process that may still start programs after the rest has been confined. It is
 * forked off before the confinement, knows the few programs that it may start, and nothing that a
 * request says reaches it but their number in that list. (OpenSSH calls the same thing a monitor.)
 * It ends with its parent, and what it started ends with it. Of one thread at a time. */
#ifndef HUFU_BASE_MONITOR_H
#define HUFU_BASE_MONITOR_H

#include "base/process.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What may run at the same time: the workers of pool.h, and a window for each. */
#define HUFU_MONITOR_CHILDREN_MAX 64

struct hufu_monitor;

struct hufu_monitor_program {
    const char *path;             /* absolute */
    const char *const *arguments; /* with argv[0], ended by NULL */
    bool talks_on_stdout;         /* its end of the socket is descriptor 1 as well as 0 */
    bool opens_window;            /* on the display of its user's session of now (display.h) */
};

/* Forks. Call it before there are threads; the monitor keeps its own copy of `programs`, and of the
 * environment. NULL with errno. */
struct hufu_monitor *hufu_monitor_start(const struct hufu_monitor_program *programs, size_t count);

/* Whether it has ended. SIGCHLD comes as well when it was only stopped or goes on. */
bool hufu_monitor_has_ended(const struct hufu_monitor *monitor);

/* Ends the monitor and, with their process groups, all that it started and that still runs. */
void hufu_monitor_free(struct hufu_monitor *monitor);

/* Starts a program as the leader of its own process group. Returns our end of the socket pair whose
 * other end is the program's descriptor 0, or -1 with errno: EINVAL for a number outside the list,
 * EAGAIN when HUFU_MONITOR_CHILDREN_MAX run, EPIPE when the monitor is gone. The program's end
 * shows as the end of the socket. Nobody waits for the display of one that opens a window. */
int hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid);

/* Ends what hufu_monitor_run started, with its process group; nothing where it has ended already.
 */
void hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid);

/* The process of this user that holds the socket with this inode: a confined process may not look
 * into others. false when there is none to be seen. Takes milliseconds. */
bool hufu_monitor_find(struct hufu_monitor *monitor, unsigned long inode,
                       struct hufu_process *ret_process);

#endif
