#include "base/systemd.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WATCHDOG_US_MAX (INT64_C(24) * 3600 * 1000000) /* who asks for less often does not ask */

static int handed_over;
static int notify_socket = -1;

int hufu_systemd_begin(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    long count = 0;
    if (pid && count_text && strtol(pid, NULL, 10) == getpid())
        count = strtol(count_text, NULL, 10);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    handed_over = count < 0 || count > HUFU_SYSTEMD_SOCKETS_MAX ? 0 : (int)count;
    for (int fd = HUFU_SYSTEMD_FIRST_FD; fd < HUFU_SYSTEMD_FIRST_FD + handed_over; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    return handed_over;
}

bool hufu_systemd_is_activated(void)
{
    return handed_over > 0;
}

int hufu_systemd_listen_fds(void)
{
    int count = handed_over;
    handed_over = 0;
    return count;
}

int hufu_systemd_unix_socket(void)
{
    for (int fd = HUFU_SYSTEMD_FIRST_FD; fd < HUFU_SYSTEMD_FIRST_FD + handed_over; fd++) {
        int domain = 0;
        socklen_t len = sizeof domain;
        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX)
            return fd;
    }
    return -1;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@') /* the abstract namespace */
        address.sun_path[0] = 0;
    HUFU_AUTO(hufu_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
        return -1;
    int connected = fd;
    fd = -1;
    return connected;
}

void hufu_systemd_connect(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    hufu_close(&notify_socket);
    notify_socket = path ? connect_to(path) : -1;
    unsetenv("NOTIFY_SOCKET");
}

/* As sd_watchdog_enabled(3): it may be meant for another process. */
int64_t hufu_systemd_watchdog_us(void)
{
    const char *pid = getenv("WATCHDOG_PID");
    const char *every = getenv("WATCHDOG_USEC");
    long long us =
        every && (!pid || strtol(pid, NULL, 10) == getpid()) ? strtoll(every, NULL, 10) : 0;
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    return us > 1 && us <= WATCHDOG_US_MAX ? us / 2 : 0;
}

void hufu_systemd_notify(const char *state)
{
    if (notify_socket >= 0)
        (void)send(notify_socket, state, strlen(state), MSG_NOSIGNAL);
}
