/* A program that the server of the page runs, and what it says. */
#ifndef HUFU_OPEN_TASK_H
#define HUFU_OPEN_TASK_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Start with zeros. `output` is the reader's to empty. */
struct hufu_task {
    pid_t pid; /* 0 while nothing runs */
    int fd;    /* its standard output, not blocking; negative when that has ended */
    int64_t deadline_ms;
    int status; /* as waitpid has it, once it has ended */
    struct hufu_buf output;
};

/* Starts `arguments` (argv, ended by NULL) from `path` as a session of its own: Ctrl+C in our
 * terminal is not for it. Its output has at most `output_max` bytes; for 0 nobody hears it, and it
 * may outlive us. It is ended after `ms`, or never for 0. 0 or an errno value. */
int hufu_task_start(struct hufu_task *task, const char *path, const char *const *arguments,
                    size_t output_max, int64_t ms);

/* Takes what it said so far. What is too long ends the program. */
void hufu_task_read(struct hufu_task *task);

/* Whether it has ended by now; it can be started again then. Its output is complete. */
bool hufu_task_ended(struct hufu_task *task);
bool hufu_task_succeeded(const struct hufu_task *task);

/* Ends it, and waits for that. */
void hufu_task_stop(struct hufu_task *task);

/* Releases its output; it must have ended. */
void hufu_task_done(struct hufu_task *task);

#endif
