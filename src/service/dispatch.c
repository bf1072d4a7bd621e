#include "service/dispatch.h"

#include "base/cleanup.h"
#include "base/dispatch.h"
#include "base/log.h"
#include "base/path.h"
#include "base/peer.h"
#include "base/systemd.h"
#include "service/loopback.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700 };

/* Between connecting and sending the dispatcher does nothing else. */
enum { HAND_S = 1 };

struct hufu_dispatch {
    struct event_base *base;
    struct hufu_connections *connections;
    struct evconnlistener *listener;
    bool is_there; /* the dispatcher, when hufud started */
    size_t waiting;
};

/* One connection of the dispatcher, which brings one of a page. */
struct hand {
    struct hufu_dispatch *dispatch;
    int socket;
};

static int receive(int socket)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    char byte;
    struct iovec part = {.iov_base = &byte, .iov_len = sizeof byte};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    int fd = -1;
    if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) <= 0)
        return -1;
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(head), sizeof fd);
    return fd;
}

static void on_hand(evutil_socket_t socket, short events, void *arg)
{
    struct hand *hand = arg;
    int fd = events & EV_READ ? receive(socket) : -1;
    if (fd >= 0 && hufu_loopback_has(fd))
        hufu_connections_admit(hand->dispatch->connections, fd);
    else if (fd >= 0)
        close(fd);
    hand->dispatch->waiting--;
    close(hand->socket);
    free(hand);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t socket,
                      struct sockaddr *address, int len, void *arg)
{
    struct hufu_dispatch *dispatch = arg;
    const struct timeval patience = {.tv_sec = HAND_S};
    struct hand *hand = dispatch->waiting < HUFU_DISPATCH_WAITING_MAX ? malloc(sizeof *hand) : NULL;
    (void)listener;
    (void)address;
    (void)len;
    if (hand)
        *hand = (struct hand){.dispatch = dispatch, .socket = socket};
    if (hand && event_base_once(dispatch->base, socket, EV_READ, on_hand, hand, &patience) == 0) {
        dispatch->waiting++;
        return;
    }
    free(hand);
    close(socket);
}

/* --- the socket --- */

/* Only where systemd made it: the dispatcher looks nowhere else. */
static bool find(char ret_folder[PATH_MAX])
{
    char runtime[PATH_MAX];
    struct stat info;
    snprintf(ret_folder, PATH_MAX, HUFU_DISPATCH_RUNTIME, (unsigned)getuid());
    return hufu_path_runtime(runtime) && strcmp(runtime, ret_folder) == 0 &&
           stat(ret_folder, &info) == 0 && info.st_uid == getuid();
}

/* What is there is of a hufud that has ended: there is one for each user. */
static int open_socket(const char *runtime)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s/" HUFU_DISPATCH_FOLDER, runtime) >= PATH_MAX ||
        snprintf(address.sun_path, sizeof address.sun_path, "%s/" HUFU_DISPATCH_SOCKET, runtime) >=
            (int)sizeof address.sun_path ||
        (mkdir(folder, FOLDER_MODE) && errno != EEXIST) ||
        (unlink(address.sun_path) && errno != ENOENT))
        return -1;
    HUFU_AUTO(hufu_close)
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) ||
        listen(fd, HUFU_DISPATCH_WAITING_MAX))
        return -1;
    int opened = fd;
    fd = -1;
    return opened;
}

static bool is_roots_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == 0;
}

struct hufu_dispatch *hufu_dispatch_new(struct event_base *base,
                                        struct hufu_connections *connections)
{
    char runtime[PATH_MAX];
    struct hufu_dispatch *dispatch = calloc(1, sizeof *dispatch);
    int fd = hufu_systemd_unix_socket();
    if (fd < 0 && find(runtime) && (fd = open_socket(runtime)) < 0)
        hufu_log("no socket for the dispatcher in %s: %s", runtime, strerror(errno));
    if (dispatch && fd >= 0 && evutil_make_socket_nonblocking(fd) == 0)
        dispatch->listener = evconnlistener_new(
            base, on_accept, dispatch, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!dispatch || !dispatch->listener) {
        hufu_close(&fd);
        free(dispatch);
        return NULL;
    }
    dispatch->base = base;
    dispatch->connections = connections;
    dispatch->is_there = is_roots_folder(HUFU_DISPATCH_MARK);
    return dispatch;
}

/* Those that still wait end with the process. */
void hufu_dispatch_free(struct hufu_dispatch *dispatch)
{
    if (dispatch)
        evconnlistener_free(dispatch->listener);
    free(dispatch);
}

bool hufu_dispatch_has(const struct hufu_dispatch *dispatch, int family, uint16_t port)
{
    struct hufu_port_holder holder;
    return dispatch && dispatch->is_there && hufu_port_holder(family, port, &holder) &&
           holder.uid == 0;
}
