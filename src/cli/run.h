/* Other programs that a command needs: by their absolute path, with words of our own, without a
 * shell.
 */
#ifndef HUFU_CLI_RUN_H
#define HUFU_CLI_RUN_H

#include <stdbool.h>

/* Runs it with nothing to read, and with nothing that it writes; returns its exit status, or -1
 * when it could not be started or was killed. `arguments` begin with the path and end with NULL. */
int hufu_run_quietly(const char *const arguments[]);

/* Starts it for good: in a session of its own, without terminal, input and output. false when that
 * is not possible; what comes of it is not known. */
bool hufu_run_detached(const char *const arguments[]);

#endif
