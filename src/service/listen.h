/* Which ports are open: every port of every product. Once a connection of another user came, one
 * port of each product: their hufud takes another one, and pages go from port to port until they
 * meet their own. */
#ifndef HUFU_SERVICE_LISTEN_H
#define HUFU_SERVICE_LISTEN_H

#include "base/monitor.h"
#include "service/config.h"
#include "service/connections.h"
#include "service/dispatch.h"

#include <stddef.h>

struct hufu_listeners;

/* The monitor knows the programs of this user that hold a port; NULL when there is none. `dispatch`
 * may be NULL; what the dispatcher holds counts as open. All are borrowed. */
struct hufu_listeners *hufu_listeners_new(struct hufu_connections *connections,
                                          struct hufu_monitor *monitor,
                                          const struct hufu_dispatch *dispatch);

/* Closes every socket, and takes the file of ports away. */
void hufu_listeners_free(struct hufu_listeners *listeners);

/* Takes over the sockets of socket activation, then opens the ports of `config` that are missing
 * and closes those of its own that it no longer names. A port that somebody else holds is named in
 * the log, with who that is, and passed by: pages try the next one of the triple. Returns how many
 * ports of `config` are open, which it writes into the file of ports (wire/running.h); when there
 * are none, the old ones stay. */
size_t hufu_listeners_update(struct hufu_listeners *listeners, const struct hufu_config *config);

#endif
