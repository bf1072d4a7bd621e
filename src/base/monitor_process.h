/* The two halves of a monitor: what they say to each other, one packet a message. */
#ifndef HUFU_BASE_MONITOR_PROCESS_H
#define HUFU_BASE_MONITOR_PROCESS_H

#include "base/monitor.h"

enum hufu_monitor_verb {
    HUFU_MONITOR_RUN,  /* program; the answer carries a descriptor */
    HUFU_MONITOR_KILL, /* pid; no answer */
    HUFU_MONITOR_FIND, /* inode */
};

struct hufu_monitor_request {
    enum hufu_monitor_verb verb;
    size_t program;
    pid_t pid;
    unsigned long inode;
};

struct hufu_monitor_answer {
    int problem; /* an errno value, or 0 */
    struct hufu_process process;
};

/* The life of the monitor's process, which begins with all signals blocked. */
_Noreturn void hufu_monitor_live(int socket, pid_t parent,
                                 const struct hufu_monitor_program *programs, size_t count);

#endif
