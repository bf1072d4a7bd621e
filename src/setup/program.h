/* Programs that set-up starts: fixed arguments, no shell, waited for. */
#ifndef HUFU_SETUP_PROGRAM_H
#define HUFU_SETUP_PROGRAM_H

#include "base/buf.h"

/* The exit status of one that could not be started, was killed or passed its deadline. */
enum { HUFU_PROGRAM_FAILED = 127 };

/* Runs `arguments[0]`, an absolute path, with this process' environment and no input. What it
 * prints, errors too, goes into `ret_output`, or nowhere when that is NULL. Returns its exit
 * status. */
int hufu_program_run(const char *const *arguments, int deadline_ms, struct hufu_buf *ret_output);

/* Ends the processes of this user with this name, as hufu_process_end does; false when one is left.
 */
bool hufu_program_end(const char *name, int grace_ms);

/* Whether there is one. */
bool hufu_program_runs(const char *name);

#endif
