/* Where a user's hufud takes connections from the dispatcher: HUFU_DISPATCH_SOCKET of their folder
 * in /run/user, one connection for each that is handed on, with one byte and one descriptor. */
#ifndef HUFU_DISPATCHER_HAND_H
#define HUFU_DISPATCHER_HAND_H

#include "base/dispatch.h"

#include <stdbool.h>
#include <sys/types.h>

/* Hands the TCP connection `fd` to the hufud of this user, or to their systemd, which starts it.
 * Never waits. NULL, or why not. */
const char *hufu_hand(int fd, uid_t uid);

/* Whether this is a TCP socket that listens; from then on accepting does not block. */
bool hufu_hand_is_listener(int fd);

#endif
