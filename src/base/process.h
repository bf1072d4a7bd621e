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

/* The one that started it, or took its place; 0 when there is none any more. */
pid_t hufu_process_parent(pid_t pid);

/* The wall clock when it started, to the second; 0 when that cannot be known. */
time_t hufu_process_since(const struct hufu_process *process);

/* Calls `found` with each process of this user, until it returns false. */
void hufu_process_each(bool (*found)(void *context, pid_t pid), void *context);

/* The oldest process of this user with this name (comm), hidden ones included. One with another HOME
 * is left out where that can be seen: a test has its own. */
bool hufu_process_named(const char *name, struct hufu_process *ret_process);

/* The process of this user that holds the socket with this inode; false when none can be seen. */
bool hufu_process_of_socket(unsigned long inode, struct hufu_process *ret_process);

#endif
