/* POST /v1/events: a page that is told when readers, cards or pcscd come and go, by an answer that
 * waits for it (docs/protocol/v1.md). */
#ifndef HUFU_SERVICE_EVENTS_H
#define HUFU_SERVICE_EVENTS_H

#include "base/monitor.h"
#include "service/http.h"
#include "service/permits.h"
#include "sites/uselog.h"

#include <event2/event.h>

/* Each holds a connection, of which there are HUFU_CONNECTIONS_MAX; a browser opens six at most to
 * one port. */
#define HUFU_EVENTS_WAITERS_MAX  64
#define HUFU_EVENTS_PER_SITE_MAX 6

/* An answer without news, so that a page finds out when hufud is gone: well before anything between
 * them gives up. */
#define HUFU_EVENTS_WAIT_S 25

struct hufu_events;

/* All borrowed. NULL when out of memory. */
struct hufu_events *hufu_events_new(struct event_base *base, struct hufu_monitor *monitor,
                                    struct hufu_permits *permits, struct hufu_uselog *uselog);

/* Who waits still is not told. */
void hufu_events_free(struct hufu_events *events);

/* Takes the exchange, and answers it now or when there is news. */
void hufu_events_wait(struct hufu_events *events, struct hufu_exchange *exchange);

#endif
