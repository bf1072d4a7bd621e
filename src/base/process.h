/* Other processes, as the kernel tells about them. */
#ifndef HUFU_BASE_PROCESS_H
#define HUFU_BASE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct hufu_process {
    pid_t pid;
    char name[16]; /* as the kernel has it (comm), printable ASCII; it can lie about itself */
};

/* The process of this user that holds the socket with this inode; false when none can be seen. */
bool hufu_process_of_socket(unsigned long inode, struct hufu_process *ret_process);

#endif
