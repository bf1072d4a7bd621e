/* Programs that the tray starts: fixed arguments, no shell, no input. Each is waited for. */
#ifndef HUFU_TRAY_RUN_H
#define HUFU_TRAY_RUN_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/* The exit status of one that could not be started, was killed, or passed its deadline. */
enum { HUFU_RUN_FAILED = 127 };

struct hufu_tray_program {
    const char *const *arguments; /* with argv[0], ended by NULL */
    uint64_t deadline_s;          /* 0: none */

    /* It, or what it starts, may outlive the tray: it gets a session of its own. All others end
     * with the tray, and what they started ends with them. */
    bool lasts;

    /* May be NULL: then its output is nobody's. */
    void (*heard)(void *context, struct hufu_bytes some);
    void (*ended)(void *context, int status);
};

struct hufu_run;

/* Starts the program at `path`; `slot` holds it while it runs, and is NULL again when `ended` is
 * called. 0 or an errno value. `program` and `slot` stay where they are. */
int hufu_run_start(sd_event *loop, const char *path, const struct hufu_tray_program *program,
                   void *context, struct hufu_run **slot);

/* Ends what runs in the slot, if anything does, and does not call `ended`. One that lasts is only
 * forgotten. */
void hufu_run_stop(struct hufu_run **slot);

#endif
