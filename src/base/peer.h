/* Whose the sockets around us are: the loopback ports are shared by all users. */
#ifndef HUFU_BASE_PEER_H
#define HUFU_BASE_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Opens the one socket to the kernel that all questions go through (NETLINK_SOCK_DIAG). The first
 * question does that as well; call it before the process is confined. false with errno. */
bool hufu_peer_open(void);

/* Whether the socket at the other end of the accepted TCP connection `fd` belongs to a process of
 * our own user, as the kernel tells. false whenever that cannot be shown. */
bool hufu_peer_is_ours(int fd);

/* The inode of that socket, by which the process that holds it can be found; 0 where
 * hufu_peer_is_ours is false. */
unsigned long hufu_peer_inode(int fd);

/* Whose it is. false whenever that cannot be shown. */
bool hufu_peer_owner(int fd, uid_t *ret_uid);

struct hufu_port_holder {
    uid_t uid;
    unsigned long inode; /* of the socket: /proc/PID/fd of its process names it */
};

/* Who listens on this port of the loopback address of `family`, or of all addresses. false when
 * there is nobody to be seen. */
bool hufu_port_holder(int family, uint16_t port, struct hufu_port_holder *ret_holder);

#endif
