#include "base/peer.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A dump comes in messages of up to 32 KiB. */
enum { ANSWER_MAX = 32 * 1024 };

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

/* --- the socket to the kernel --- */

static int netlink = -1;

bool hufu_peer_open(void)
{
    if (netlink < 0)
        netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    return netlink >= 0;
}

/* Each question has a number, which its answers repeat: what is left of an earlier one is told
 * apart by it. */
static bool ask(struct request *request, uint16_t flags)
{
    static uint32_t number;
    request->head = (struct nlmsghdr){.nlmsg_len = sizeof *request,
                                      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                                      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                                      .nlmsg_seq = ++number};
    return hufu_peer_open() &&
           send(netlink, request, sizeof *request, MSG_DONTWAIT) == (ssize_t)sizeof *request;
}

/* The kernel answers before the question returns, so there is nothing to wait for. Returns the
 * length of the next messages of the kernel, or 0. */
static size_t hear(void *answer, size_t size)
{
    for (;;) {
        struct sockaddr_nl from = {0};
        socklen_t from_len = sizeof from;
        ssize_t len =
            recvfrom(netlink, answer, size, MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);
        if (len <= 0)
            return 0;
        if (from.nl_pid == 0)
            return (size_t)len;
    }
}

/* --- the other end of a connection --- */

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
    request->query.sdiag_family = family;
    request->query.sdiag_protocol = IPPROTO_TCP;
    request->query.idiag_states = ~0u;
    id->idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return true;
}

/* What the kernel says of the other end. A socket that its owner already closed has no inode and
 * reads as uid 0; where there is no connection, the kernel may name a socket that listens. */
static bool find_peer(int fd, struct inet_diag_msg *ret_peer)
{
    struct request request = {0};
    struct {
        struct nlmsghdr head;
        struct inet_diag_msg message;
        char attributes[1024];
    } answer;
    size_t len = 0;
    if (!make_request(fd, &request) || !ask(&request, 0))
        return false;
    do
        len = hear(&answer, sizeof answer);
    while (len >= sizeof answer.head && answer.head.nlmsg_seq != request.head.nlmsg_seq);
    if (len < sizeof answer.head + sizeof answer.message ||
        answer.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return false;
    *ret_peer = answer.message;
    return answer.message.id.idiag_sport == request.query.id.idiag_sport &&
           answer.message.id.idiag_dport == request.query.id.idiag_dport &&
           answer.message.idiag_inode != 0;
}

unsigned long hufu_peer_inode(int fd)
{
    struct inet_diag_msg peer;
    return find_peer(fd, &peer) && peer.idiag_uid == getuid() ? peer.idiag_inode : 0;
}

bool hufu_peer_owner(int fd, uid_t *ret_uid)
{
    struct inet_diag_msg peer;
    if (!find_peer(fd, &peer))
        return false;
    *ret_uid = peer.idiag_uid;
    return true;
}

bool hufu_peer_is_ours(int fd)
{
    return hufu_peer_inode(fd) != 0;
}

/* --- who listens --- */

/* The loopback address of its family, or the one that stands for all. */
static bool covers_loopback(const struct inet_diag_msg *message)
{
    struct in6_addr v6;
    uint32_t v4 = message->id.idiag_src[0];
    memcpy(&v6, message->id.idiag_src, sizeof v6);
    return message->idiag_family == AF_INET
               ? v4 == htonl(INADDR_LOOPBACK) || v4 == htonl(INADDR_ANY)
               : IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6);
}

/* Looks through one message of the list. Returns whether the list goes on. */
static bool look_through(struct nlmsghdr *head, size_t len, const struct request *request,
                         struct hufu_port_holder *found)
{
    for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
        const struct inet_diag_msg *message = NLMSG_DATA(head);
        if (head->nlmsg_seq != request->head.nlmsg_seq)
            continue;
        if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
            return false;
        if (head->nlmsg_len >= NLMSG_LENGTH(sizeof *message) && !found->inode &&
            message->id.idiag_sport == request->query.id.idiag_sport && covers_loopback(message))
            *found =
                (struct hufu_port_holder){.uid = message->idiag_uid, .inode = message->idiag_inode};
    }
    return true;
}

static bool find_listener(int family, uint16_t port, struct hufu_port_holder *ret_holder)
{
    static _Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
    struct hufu_port_holder found = {0};
    struct request request = {.query = {.sdiag_family = (uint8_t)family,
                                        .sdiag_protocol = IPPROTO_TCP,
                                        .idiag_states = 1u << TCP_LISTEN,
                                        .id.idiag_sport = htons(port)}};
    if (!ask(&request, NLM_F_DUMP))
        return false;
    size_t len = 0;
    while ((len = hear(answer, sizeof answer)) > 0 &&
           look_through((struct nlmsghdr *)answer, len, &request, &found))
        ;
    if (found.inode)
        *ret_holder = found;
    return found.inode != 0;
}

/* A socket of both families holds the port of 127.0.0.1 as well. */
bool hufu_port_holder(int family, uint16_t port, struct hufu_port_holder *ret_holder)
{
    return find_listener(family, port, ret_holder) ||
           (family == AF_INET && find_listener(AF_INET6, port, ret_holder));
}
