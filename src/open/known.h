/* What the page shows: what hufu's other commands say, run again when something may have changed.
 */
#ifndef HUFU_OPEN_KNOWN_H
#define HUFU_OPEN_KNOWN_H

#include "error/error.h"
#include "open/task.h"

#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/* Each is an event of the stream, and one line of JSON. */
enum hufu_known_kind {
    HUFU_KNOWN_PORTS,  /* {"ports": [...]}: where hufud listens now */
    HUFU_KNOWN_DOCTOR, /* hufu doctor --json, or null when it said nothing that can be used */
    HUFU_KNOWN_CARD,   /* a line of hufu card --json --follow, or null */
    HUFU_KNOWN_LOG,    /* hufu log --json: the last uses, or null */
    HUFU_KNOWN_CHANGE, /* {"id", "state"}: the last change, "running", "done" or "failed" */
    HUFU_KNOWN_COUNT
};

typedef void hufu_known_tell(void *context, const char *event, const char *line);

/* The id of a check of the doctor: lower-case letters, digits, hyphens. */
enum { HUFU_KNOWN_ID_SIZE = 40 };

struct hufu_known {
    char hufu[PATH_MAX]; /* the program beside this one */
    hufu_known_tell *tell;
    void *context;
    struct hufu_task tasks[HUFU_KNOWN_COUNT];
    struct hufu_buf lines[HUFU_KNOWN_COUNT];
    char change_id[HUFU_KNOWN_ID_SIZE];
    bool follows;    /* somebody looks: cards are followed */
    bool look_again; /* something changed while the doctor was at work */
    int64_t looked_ms;
    int64_t follow_ms; /* when to follow cards again after that has ended */
    int64_t ports_ms;
};

/* `tell` is called with each line that differs from the last one of its kind. */
void hufu_known_begin(struct hufu_known *known, const char *hufu, hufu_known_tell *tell,
                      void *context);
void hufu_known_end(struct hufu_known *known);

/* Tells all that is known, to one that has just come. */
void hufu_known_repeat(struct hufu_known *known, hufu_known_tell *tell, void *context);

/* Somebody looks, or nobody does any more. */
void hufu_known_follow(struct hufu_known *known, bool follows);

/* Has the doctor look again. */
void hufu_known_look(struct hufu_known *known);

/* Restarts hufud, or has the doctor mend a check of its last report. The HTTP status: 202 begun,
 * 404 no such finding, 409 another change is under way. */
int hufu_known_restart(struct hufu_known *known);
int hufu_known_fix(struct hufu_known *known, const char *id);
bool hufu_known_is_changing(const struct hufu_known *known);

/* For the loop: what to wait for (at most HUFU_KNOWN_COUNT), and what to do after each waiting. */
size_t hufu_known_poll(const struct hufu_known *known, struct pollfd *ret_fds);
void hufu_known_step(struct hufu_known *known);

#endif
