#include "service/loopback.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };
enum { HOLDER_LINE_MAX = 256 }; /* three names and numbers */

union address {
    struct sockaddr_storage any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* What cannot be told has no family. */
static union address own_address(int fd)
{
    union address address = {0};
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address.any, &len))
        address.any.ss_family = AF_UNSPEC;
    return address;
}

uint16_t hufu_loopback_port(int fd)
{
    const union address own = own_address(fd);
    if (own.any.ss_family == AF_INET6)
        return ntohs(own.v6.sin6_port);
    return own.any.ss_family == AF_INET ? ntohs(own.v4.sin_port) : 0;
}

bool hufu_loopback_has(int fd)
{
    const union address own = own_address(fd);
    int protocol = 0;
    socklen_t len = sizeof protocol;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) || protocol != IPPROTO_TCP)
        return false;
    if (own.any.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&own.v6.sin6_addr);
    return own.any.ss_family == AF_INET && own.v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

/* --- opening --- */

static void close_after_failure(int fd)
{
    int problem = errno;
    close(fd);
    errno = problem;
}

/* -1 with errno. */
static int open_socket(int family, uint16_t port)
{
    const struct sockaddr_in v4 = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const struct sockaddr *address =
        family == AF_INET ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    socklen_t len = family == AF_INET ? sizeof v4 : sizeof v6;
    int one = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
        (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one)) ||
        bind(fd, address, len) || listen(fd, BACKLOG)) {
        close_after_failure(fd);
        return -1;
    }
    return fd;
}

static bool no_ipv6(int problem)
{
    return problem == EADDRNOTAVAIL || problem == EAFNOSUPPORT;
}

int hufu_loopback_open(uint16_t port, int *ret_v4, int *ret_v6)
{
    int v4 = open_socket(AF_INET, port);
    if (v4 < 0)
        return AF_INET;
    int v6 = open_socket(AF_INET6, port);
    if (v6 < 0 && !no_ipv6(errno)) {
        close_after_failure(v4);
        return AF_INET6;
    }
    *ret_v4 = v4;
    *ret_v6 = v6;
    return 0;
}

/* --- who holds a port that is taken --- */

/* "held by nginx, process 4711, of user nobody (uid 65534, inode 123)": as much of it as can be
 * found out. */
static void describe_holder(struct hufu_monitor *monitor, int family, uint16_t port,
                            struct hufu_buf *line)
{
    struct hufu_port_holder holder;
    struct hufu_process process;
    if (!hufu_port_holder(family, port, &holder))
        return;
    hufu_buf_add_text(line, "is held by ");
    if (monitor && hufu_monitor_find(monitor, holder.inode, &process))
        hufu_buf_printf(line, "%.*s, process %d, of ", (int)sizeof process.name, process.name,
                        (int)process.pid);
    const struct passwd *user = getpwuid(holder.uid);
    hufu_buf_printf(line, "user %s (uid %u, inode %lu)", user ? user->pw_name : "unknown",
                    (unsigned)holder.uid, holder.inode);
}

void hufu_loopback_log(struct hufu_monitor *monitor, uint16_t port, int family, int problem)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = HOLDER_LINE_MAX};
    const char *address = family == AF_INET ? "127.0.0.1" : "::1";
    if (problem == EADDRINUSE)
        describe_holder(monitor, family, port, &line);
    if (line.len && !line.failed)
        hufu_log("port %u passed by: %s %s", port, address, hufu_buf_text(&line));
    else
        hufu_log("port %u passed by: %s: %s", port, address, strerror(problem));
}
