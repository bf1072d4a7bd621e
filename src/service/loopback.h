/* TCP sockets of this computer alone: on 127.0.0.1 and ::1, never elsewhere. */
#ifndef HUFU_SERVICE_LOOPBACK_H
#define HUFU_SERVICE_LOOPBACK_H

#include "base/monitor.h"

#include <stdbool.h>
#include <stdint.h>

/* Bound, listening sockets on both addresses or on neither: on half a port, a page would meet
 * whoever holds the other half. `ret_v6` is -1 where there is no IPv6. Returns 0, or the family
 * whose socket could not be had, with errno. */
int hufu_loopback_open(uint16_t port, int *ret_v4, int *ret_v6);

/* Writes into the log that a port is passed by, and who holds it or else why, after
 * hufu_loopback_open. The monitor, which may be NULL, knows this user's programs. */
void hufu_loopback_log(struct hufu_monitor *monitor, uint16_t port, int family, int problem);

/* The local port of a TCP socket; 0 when it has none. */
uint16_t hufu_loopback_port(int fd);

/* Whether it is a TCP socket whose own end has one of both addresses. */
bool hufu_loopback_has(int fd);

#endif
