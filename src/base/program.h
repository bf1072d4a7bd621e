/* Other programs that a process of hufu starts: from an absolute path, with fixed arguments,
 * without a shell. No descriptor of ours but the three that it is given reaches it.
 */
#ifndef HUFU_BASE_PROGRAM_H
#define HUFU_BASE_PROGRAM_H

#include "base/buf.h"

#include <sys/types.h>

/* The exit status of one that could not be started, was killed or passed its deadline. */
enum { HUFU_PROGRAM_FAILED = 127 };

enum hufu_program_file {
    HUFU_PROGRAM_NOTHING, /* /dev/null */
    HUFU_PROGRAM_HEARD,   /* the pipe that we read */
    HUFU_PROGRAM_INPUT,   /* our own standard input */
    HUFU_PROGRAM_ERRORS,  /* our own standard error */
};

enum hufu_program_tie {
    HUFU_PROGRAM_NEAR,    /* Ctrl+C in our terminal, and signals that we ignore, are for it too */
    HUFU_PROGRAM_GROUP,   /* a process group of its own; it gets SIGTERM when we end */
    HUFU_PROGRAM_SESSION, /* a session of its own; it may outlive us */
};

struct hufu_program {
    const char *path;               /* absolute; NULL: the first argument */
    const char *const *arguments;   /* argv, ended by NULL */
    const char *const *environment; /* ended by NULL; NULL: ours */
    enum hufu_program_file files[3];
    enum hufu_program_tie tie;
};

/* For those with a loop of their own: they wait for the process. `ret_output` does not block; it is
 * the caller's to close, or -1 when nothing is heard. 0 once the program runs, or an errno value.
 */
int hufu_program_start(const struct hufu_program *program, pid_t *ret_pid, int *ret_output);

/* Runs it to its end, or kills it after `deadline_ms` (0: there is none). What is heard of it goes
 * into `ret_output`; what does not fit is lost, and the program goes on. Returns its exit status.
 */
int hufu_program_run(const struct hufu_program *program, int deadline_ms,
                     struct hufu_buf *ret_output);

#endif
