/* A process gives up what it no longer needs: new privileges, other programs, most files, the
 * network. What the kernel cannot do is said in one line of the log each, and the rest is done.
 * What one process gives up, all that it starts lacks as well: monitor.h is the way around. */
#ifndef HUFU_BASE_CONFINE_H
#define HUFU_BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* "landlock 7, seccomp, ..." with its NUL. */
#define HUFU_CONFINED_TEXT_MAX 128

enum hufu_confine_kind {
    /* Serves the network: a list of system calls that are allowed, and no executable memory. */
    HUFU_CONFINE_SERVICE,
    /* Hands connections on: Unix sockets to connect to, and hardly anything else. No network. */
    HUFU_CONFINE_DISPATCHER,
    /* Loads modules of others: a list of system calls that are not allowed; threads, executable
     * memory and Unix sockets are. No network. */
    HUFU_CONFINE_WORKER,
};

/* No memory of this process, nor of any that it starts, gets into a core file. */
void hufu_confine_memory(void);

/* What is going to be in force. */
struct hufu_confinement {
    enum hufu_confine_kind kind;
    long landlock; /* its version, or a negative errno value */
    int ruleset;
};

void hufu_confine_begin(struct hufu_confinement *confinement, enum hufu_confine_kind kind);

/* Keeps a file or folder open to this process, with all that is below it; nothing where it is not
 * there. `writable` is for files and folders: no links, no sockets, no devices can be made. */
void hufu_confine_allow(struct hufu_confinement *confinement, const char *path, bool writable);

/* For good. Call it while there is one thread. Logs what is in force, and writes the same to
 * `ret_text`. A program built with sanitizers stays as it is: they look into files and processes.
 */
void hufu_confine_end(struct hufu_confinement *confinement, char ret_text[HUFU_CONFINED_TEXT_MAX]);

#endif
