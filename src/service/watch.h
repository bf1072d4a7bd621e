/* `hufu trust watch` as hufud sees it: the process that makes the certificate and has the browsers
 * trust it, and says when there is another one. One runs as long as hufud does. */
#ifndef HUFU_SERVICE_WATCH_H
#define HUFU_SERVICE_WATCH_H

#include "base/monitor.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

/* A new certificate takes a tenth of a second; a disk that is slower than this is broken. */
#define HUFU_WATCH_FIRST_MS 10000

/* How long the page that started hufud waits for its browser to trust it; mostly some 50 ms. */
#define HUFU_WATCH_TRUST_MS 2000

/* Between its end and its next start: twice as long each time, until one has run for an hour. */
#define HUFU_WATCH_PAUSE_MIN_S 1
#define HUFU_WATCH_PAUSE_MAX_S 600

struct hufu_watch;

/* Called from the event loop, once after each start too. */
typedef void hufu_watch_changed(void *context);

/* Starts nothing. `context` is borrowed. NULL when out of memory. */
struct hufu_watch *hufu_watch_new(struct event_base *base, struct hufu_monitor *monitor,
                                  hufu_watch_changed *changed, void *context);
void hufu_watch_free(struct hufu_watch *watch); /* ends it */

/* Whether it is to run from the next turn of the event loop on, and again when it ends. One that
 * runs is left alone: it reads the same setting. */
void hufu_watch_keep(struct hufu_watch *watch, bool keep);

/* Starts it where it does not run, and says so in the log where that fails. */
void hufu_watch_start(struct hufu_watch *watch);

/* Waits for the first line of one that has just been started, `ms` at most. */
void hufu_watch_await(struct hufu_watch *watch, int64_t ms);

#endif
