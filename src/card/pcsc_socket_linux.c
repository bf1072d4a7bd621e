#include "card/pcsc_socket.h"

#include "base/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Between the making of a socket and its first listen() there is no event: so often, so long. */
enum { GRACE_COUNT = 10, GRACE_MS = 50 };

/* Without inotify, of which a user has only so many. */
enum { BLIND_MS = 5000 };

/* libpcsclite takes this variable as well. */
static const char *socket_path(void)
{
    const char *path = secure_getenv("PCSCLITE_CSOCK_NAME");
    return path && path[0] == '/' ? path : "/run/pcscd/pcscd.comm";
}

int hufu_pcsc_socket_try(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path());
    /* A full queue of one that hangs is an answer too. */
    HUFU_AUTO(hufu_close)
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address))
        return errno == EAGAIN ? 0 : errno;
    return 0;
}

/* The folder of the socket, or the nearest one above that is there. */
static int watch_nearest(void)
{
    enum { BIRTH = IN_CREATE | IN_MOVED_TO };
    char folder[PATH_MAX];
    uint32_t events = BIRTH | IN_ATTRIB | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
    int fd = inotify_init1(IN_CLOEXEC);
    snprintf(folder, sizeof folder, "%s", socket_path());
    for (char *slash; fd >= 0 && (slash = strrchr(folder, '/')); events = BIRTH) {
        *slash = 0;
        if (inotify_add_watch(fd, slash == folder ? "/" : folder, events) >= 0)
            break;
    }
    return fd;
}

/* Whether something happened; where it cannot be watched, that is looked at now and then. */
static bool sleep_until_event(int fd, int timeout_ms)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    return poll(&polled, 1, fd < 0 && timeout_ms < 0 ? BLIND_MS : timeout_ms) > 0;
}

void hufu_pcsc_socket_watch(int timeout_ms)
{
    HUFU_AUTO(hufu_close) int fd = watch_nearest();
    (void)sleep_until_event(fd, timeout_ms);
}

/* The watch is there before the socket is tried: nothing is missed in between. */
void hufu_pcsc_socket_wait(void)
{
    for (int grace = 0;;) {
        HUFU_AUTO(hufu_close) int fd = watch_nearest();
        int problem = hufu_pcsc_socket_try();
        if (problem != ENOENT && problem != ECONNREFUSED)
            return;
        if (sleep_until_event(fd, grace > 0 ? GRACE_MS : -1))
            grace = GRACE_COUNT;
        else if (grace > 0)
            grace--;
    }
}
