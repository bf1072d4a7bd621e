/* `hufu card --follow` as hufud sees it: the process that hears from pcscd which readers and cards
 * come and go. It runs only while somebody wants to know, and for a minute after that. */
#ifndef HUFU_SERVICE_FOLLOW_H
#define HUFU_SERVICE_FOLLOW_H

#include "base/buf.h"
#include "base/monitor.h"

#include <event2/event.h>
#include <stdbool.h>

/* Pages that wait ask again at once; one that was left does not keep pcscd awake. */
#define HUFU_FOLLOW_LINGER_S 60

/* Between its end and its next start: twice as long each time, until it has said something. */
#define HUFU_FOLLOW_PAUSE_MIN_S 1
#define HUFU_FOLLOW_PAUSE_MAX_S 60

struct hufu_follow;

/* Called from the event loop with each line, without its end; too long ones are left out. */
typedef void hufu_follow_line(void *context, struct hufu_bytes line);

/* Starts nothing. All borrowed. NULL when out of memory. */
struct hufu_follow *hufu_follow_new(struct event_base *base, struct hufu_monitor *monitor,
                                    hufu_follow_line *line, void *context);
void hufu_follow_free(struct hufu_follow *follow); /* ends it */

/* Whether somebody wants to know. */
void hufu_follow_keep(struct hufu_follow *follow, bool keep);

/* Whether it runs and has said what there is: its latest line is about now. */
bool hufu_follow_is_current(const struct hufu_follow *follow);

#endif
