/* Who is at the other end of a loopback connection: the ports are shared by all users. */
#ifndef HUFU_SERVICE_PEER_H
#define HUFU_SERVICE_PEER_H

#include <stdbool.h>

/* Whether the socket at the other end of the accepted TCP connection `fd` belongs to a process of
 * our own user, as the kernel tells (NETLINK_SOCK_DIAG). false whenever that cannot be shown. */
bool hufu_peer_is_ours(int fd);

#endif
