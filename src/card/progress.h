/* A window that says how far a series has come, with one button that stops it. It is a pinentry
 * without a question; nothing here waits for it. */
#ifndef HUFU_CARD_PROGRESS_H
#define HUFU_CARD_PROGRESS_H

#include "base/monitor.h"
#include "error/error.h"

#include <stddef.h>

/* All borrowed. `until` is a time of day. */
struct hufu_progress_request {
    struct hufu_monitor *monitor;
    const char *origin;
    const char *until;
    size_t documents;
    enum hufu_language language;
};

struct hufu_progress;

/* Starts a window; NULL when there is none to be had. */
struct hufu_progress *hufu_progress_open(const struct hufu_progress_request *request);
void hufu_progress_close(struct hufu_progress *progress);

/* Readable when hufu_progress_look has something new to say. */
int hufu_progress_socket(const struct hufu_progress *progress);

enum hufu_progress_state {
    HUFU_PROGRESS_COMING,
    HUFU_PROGRESS_SHOWN,
    HUFU_PROGRESS_STOPPED, /* by the person */
    HUFU_PROGRESS_GONE,    /* or it never came: the pinentry has no display, or would take the whole
                              screen or a terminal */
};
enum hufu_progress_state hufu_progress_look(struct hufu_progress *progress);

#endif
