#include "dispatcher/hand.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static bool option_is(int fd, int option, int wanted)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

bool hufu_hand_is_listener(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return option_is(fd, SO_TYPE, SOCK_STREAM) && option_is(fd, SO_PROTOCOL, IPPROTO_TCP) &&
           option_is(fd, SO_ACCEPTCONN, 1) && flags >= 0 &&
           fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

static int connect_to(uid_t uid)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    HUFU_AUTO(hufu_close)
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof address.sun_path,
             HUFU_DISPATCH_RUNTIME "/" HUFU_DISPATCH_SOCKET, (unsigned)uid);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address))
        return -1;
    int connected = fd;
    fd = -1;
    return connected;
}

/* The folder is the user's: what it leads to may be somebody else's socket. */
static bool is_of(int socket, uid_t uid)
{
    struct ucred listener;
    socklen_t len = sizeof listener;
    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &listener, &len) == 0 && listener.uid == uid;
}

static bool send_descriptor(int socket, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
                          .cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS}};
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = sizeof byte};
    const struct msghdr message = {.msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof byte;
}

const char *hufu_hand(int fd, uid_t uid)
{
    HUFU_AUTO(hufu_close) int socket = connect_to(uid);
    if (socket < 0)
        return errno == EAGAIN ? "their hufud does not take it" : "they have no hufud";
    if (!is_of(socket, uid))
        return "the socket in their folder is not theirs";
    return send_descriptor(socket, fd) ? NULL : "their hufud does not take it";
}
