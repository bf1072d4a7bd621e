/* Connections from the dispatcher of a shared computer, which holds the ports for everybody: each
 * comes as a descriptor over a socket in this user's runtime folder, and is then one like any
 * other. */
#ifndef HUFU_SERVICE_DISPATCH_H
#define HUFU_SERVICE_DISPATCH_H

#include "service/connections.h"

#include <stdbool.h>
#include <stdint.h>

/* The dispatcher connects once for each; more at a time wait in the socket's queue. */
#define HUFU_DISPATCH_WAITING_MAX 64

struct hufu_dispatch;

/* Listens there, or on the socket that systemd handed over for it, before the process is confined.
 * NULL where there is no runtime folder of systemd's, or without memory: then nothing comes. */
struct hufu_dispatch *hufu_dispatch_new(struct event_base *base,
                                        struct hufu_connections *connections);
void hufu_dispatch_free(struct hufu_dispatch *dispatch);

/* Whether this port is held by the dispatcher, so that its connections come this way. `dispatch`
 * may be NULL. */
bool hufu_dispatch_has(const struct hufu_dispatch *dispatch, int family, uint16_t port);

#endif
