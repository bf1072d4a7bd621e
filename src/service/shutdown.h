/* The end of hufud. The first SIGTERM or SIGINT lets the running calls end and their pages read the
 * answers; the second one does not wait for them. */
#ifndef HUFU_SERVICE_SHUTDOWN_H
#define HUFU_SERVICE_SHUTDOWN_H

#include "service/connections.h"
#include "service/session.h"

#include <event2/event.h>

struct hufu_shutdown;

/* Called from the event loop when there is something to wait for: lets nobody new in. */
typedef void hufu_shutdown_begun(void *context);

/* Catches both signals from now on, and ends the loop of `base` in the end. All are borrowed. NULL
 * when out of memory. */
struct hufu_shutdown *hufu_shutdown_new(struct event_base *base,
                                        const struct hufu_sessions *sessions,
                                        const struct hufu_connections *connections,
                                        hufu_shutdown_begun *begun, void *context);
void hufu_shutdown_free(struct hufu_shutdown *shutdown);

#endif
