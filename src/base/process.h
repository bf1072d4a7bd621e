/* Other processes, as the kernel tells about them. */
#ifndef HUFU_BASE_PROCESS_H
#define HUFU_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* A number is used again; with the time of its start it is one process for good. */
struct hufu_process {
    pid_t pid;
    char name[16];    /* as the kernel has it (comm), printable ASCII; it can lie about itself */
    uint64_t started; /* clock ticks after the start of the computer; 0 when it was not found out */
};

/* Whether a process has this number, and which. */
bool hufu_process_look(pid_t pid, struct hufu_process *ret_process);

/* Whether it runs as this user, also where it hides all else (not dumpable). One that has ended and
 * only waits for its parent does not. */
bool hufu_process_is_ours(pid_t pid);

/* Ends it, once it is sure that this is still the process that was looked at: SIGTERM, and SIGKILL
 * when that was not enough after `grace_ms`. false when it is there still, or was never ours. */
bool hufu_process_end(const struct hufu_process *process, int grace_ms);

/* Sends it SIGTERM, once it is sure as well; false when it is gone or not ours. */
bool hufu_process_ask_to_end(const struct hufu_process *process);

/* The one that started it, or took its place; 0 when there is none any more. */
pid_t hufu_process_parent(pid_t pid);

/* The wall clock when it started, to the second; 0 when that cannot be known. */
time_t hufu_process_since(const struct hufu_process *process);

/* Calls `found` with each process of this user, until it returns false. */
void hufu_process_each(bool (*found)(void *context, pid_t pid), void *context);

/* The process of this user that holds the socket with this inode; false when none can be seen. */
bool hufu_process_of_socket(unsigned long inode, struct hufu_process *ret_process);

#endif
