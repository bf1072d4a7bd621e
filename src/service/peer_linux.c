#include "service/peer.h"

#include "base/cleanup.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct nlmsghdr head;
    struct inet_diag_req_v2 query;
};

/* Port and address as sock_diag wants them; a v4-mapped v6 address is a v4 socket. */
static bool endpoint(const struct sockaddr_storage *from, uint8_t *ret_family, __be16 *ret_port,
                     __be32 ret_address[4])
{
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)from;
        *ret_family = AF_INET;
        *ret_port = v4->sin_port;
        ret_address[0] = v4->sin_addr.s_addr;
        return true;
    }
    if (from->ss_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *v6 = (const void *)from;
    *ret_port = v6->sin6_port;
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
        *ret_family = AF_INET;
        memcpy(ret_address, v6->sin6_addr.s6_addr + 12, 4);
        return true;
    }
    *ret_family = AF_INET6;
    memcpy(ret_address, v6->sin6_addr.s6_addr, 16);
    return true;
}

/* The question is asked from the other end's point of view: its source is our peer. */
static bool make_request(int fd, struct request *request)
{
    struct sockaddr_storage own = {0};
    struct sockaddr_storage peer = {0};
    socklen_t own_len = sizeof own;
    socklen_t peer_len = sizeof peer;
    if (getsockname(fd, (struct sockaddr *)&own, &own_len) ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_len))
        return false;
    struct inet_diag_sockid *id = &request->query.id;
    uint8_t family = 0;
    if (!endpoint(&own, &family, &id->idiag_dport, id->idiag_dst) ||
        !endpoint(&peer, &family, &id->idiag_sport, id->idiag_src))
        return false;
    request->head.nlmsg_len = sizeof *request;
    request->head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request->head.nlmsg_flags = NLM_F_REQUEST; /* one exact socket, not a list */
    request->query.sdiag_family = family;
    request->query.sdiag_protocol = IPPROTO_TCP;
    request->query.idiag_states = ~0u;
    id->idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return true;
}

bool hufu_peer_is_ours(int fd)
{
    struct request request = {0};
    if (!make_request(fd, &request))
        return false;
    HUFU_AUTO(hufu_close)
    int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0 || send(netlink, &request, sizeof request, 0) != (ssize_t)sizeof request)
        return false;
    struct {
        struct nlmsghdr head;
        struct inet_diag_msg message;
        char attributes[1024];
    } answer = {0};
    ssize_t len = recv(netlink, &answer, sizeof answer, 0);
    if (len < (ssize_t)(sizeof answer.head + sizeof answer.message) ||
        answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return false;
    /* A socket that its owner already closed has no inode and reads as uid 0. */
    return answer.message.idiag_inode != 0 && answer.message.idiag_uid == getuid();
}
