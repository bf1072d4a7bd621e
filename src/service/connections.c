#include "service/connections.h"

#include "base/log.h"
#include "base/peer.h"
#include "service/loopback.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

/* Fewer connections and shorter bodies are not worth the while. */
enum { CROWD = 64, DOCUMENT_BYTES = 256 * 1024 };

struct hufu_connections {
    struct event_base *base;
    SSL_CTX *tls;
    const struct hufu_connection_owner *owner;
    void *context;
    hufu_connections_stranger *stranger;
    void *stranger_context;
    size_t count;
    size_t peak; /* since memory was given back */
    TAILQ_HEAD(, hufu_connection) items;
};

/* --- coming --- */

/* With Nagle a kept-alive answer waits 40 ms for the browser's delayed acknowledgement. Not left to
 * the listening socket: who connected before the option was set there would not inherit it. */
static void send_at_once(int fd)
{
    int one = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one))
        hufu_log("TCP_NODELAY: %s", strerror(errno));
}

/* A page that waits for its answer is never the one that has to go. */
static bool may_go(const struct hufu_connection *connection)
{
    return connection->phase != HUFU_PHASE_CALL && connection->phase != HUFU_PHASE_ANSWER;
}

static bool goes_before(const struct hufu_connection *one, const struct hufu_connection *other)
{
    return one->served != other->served ? other->served
                                        : one->waiting_since_ms < other->waiting_since_ms;
}

/* Ends the connection that has been without a complete request longest, first among those that
 * never had one, so that a crowd that sends none keeps no page out. */
static bool end_one(struct hufu_connections *connections)
{
    struct hufu_connection *connection = NULL;
    struct hufu_connection *oldest = NULL;
    TAILQ_FOREACH (connection, &connections->items, entry)
        if (may_go(connection) && (!oldest || goes_before(connection, oldest)))
            oldest = connection;
    if (!oldest)
        return false;
    hufu_log("connection closed: it made room for another");
    hufu_connection_end(oldest);
    return true;
}

static bool add_connection(struct hufu_connections *connections, int fd)
{
    SSL *ssl = SSL_new(connections->tls);
    if (!ssl) {
        close(fd);
        return false;
    }
    struct hufu_connection *connection =
        hufu_connection_new(connections->base, fd, ssl, connections->owner, connections->context);
    if (!connection)
        return false;
    connection->port = hufu_loopback_port(fd);
    TAILQ_INSERT_TAIL(&connections->items, connection, entry);
    if (++connections->count > connections->peak)
        connections->peak = connections->count;
    return true;
}

void hufu_connections_on_stranger(struct hufu_connections *connections,
                                  hufu_connections_stranger *stranger, void *context)
{
    connections->stranger = stranger;
    connections->stranger_context = context;
}

/* One that closed at once may have been anybody's. */
static void tell_stranger(const struct hufu_connections *connections, int fd)
{
    uid_t uid = 0;
    if (connections->stranger && hufu_peer_owner(fd, &uid) && uid != getuid())
        connections->stranger(connections->stranger_context);
}

/* Another user's connection ends here: before TLS, and before it could push a page out. */
void hufu_connections_admit(struct hufu_connections *connections, int fd)
{
    bool ours = hufu_peer_is_ours(fd);
    const char *why = !ours ? "another user"
                      : connections->count == HUFU_CONNECTIONS_MAX && !end_one(connections)
                          ? "too many connections"
                          : NULL;
    if (why) {
        hufu_log("connection closed: %s", why);
        if (!ours)
            tell_stranger(connections, fd);
        close(fd);
        return;
    }
    send_at_once(fd);
    if (!add_connection(connections, fd))
        hufu_log("connection closed: out of memory");
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    hufu_connections_admit(arg, fd);
}

/* Without descriptors the kernel would report the same connection again and again. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)listener;
    end_one(arg);
}

struct evconnlistener *hufu_connections_listen(struct hufu_connections *connections, int fd)
{
    struct evconnlistener *listener =
        evconnlistener_new(connections->base, on_accept, connections,
                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (listener)
        evconnlistener_set_error_cb(listener, on_accept_error);
    return listener;
}

/* --- going --- */

/* libc keeps the memory of a document, and of a crowd that has gone: some 30 KiB for each that was
 * there. */
static void give_back(struct hufu_connections *connections, size_t body_peak)
{
    bool crowd = connections->peak >= CROWD && connections->count <= connections->peak / 8;
    if (!crowd && body_peak < DOCUMENT_BYTES)
        return;
    malloc_trim(0);
    connections->peak = connections->count;
}

void hufu_connections_remove(struct hufu_connections *connections,
                             struct hufu_connection *connection)
{
    TAILQ_REMOVE(&connections->items, connection, entry);
    connections->count--;
    give_back(connections, connection->body_peak);
}

/* --- all of them --- */

bool hufu_connections_are_sending(const struct hufu_connections *connections)
{
    const struct hufu_connection *connection = NULL;
    TAILQ_FOREACH (connection, &connections->items, entry)
        if (connection->phase == HUFU_PHASE_ANSWER)
            return true;
    return false;
}

bool hufu_connections_bodies_fit(const struct hufu_connections *connections)
{
    const struct hufu_connection *connection = NULL;
    size_t sum = 0;
    TAILQ_FOREACH (connection, &connections->items, entry)
        sum += connection->body.len;
    return sum <= HUFU_BODIES_BYTES_MAX;
}

struct hufu_connections *hufu_connections_new(struct event_base *base,
                                              const struct hufu_connection_owner *owner,
                                              void *context)
{
    struct hufu_connections *connections = calloc(1, sizeof *connections);
    if (!connections)
        return NULL;
    *connections = (struct hufu_connections){.base = base, .owner = owner, .context = context};
    TAILQ_INIT(&connections->items);
    return connections;
}

void hufu_connections_free(struct hufu_connections *connections)
{
    struct hufu_connection *connection = NULL;
    if (!connections)
        return;
    while ((connection = TAILQ_FIRST(&connections->items)))
        hufu_connection_end(connection);
    SSL_CTX_free(connections->tls);
    free(connections);
}

void hufu_connections_configure(struct hufu_connections *connections, SSL_CTX *tls)
{
    SSL_CTX_up_ref(tls);
    SSL_CTX_free(connections->tls);
    connections->tls = tls;
    struct hufu_connection *connection = TAILQ_FIRST(&connections->items);
    while (connection) { /* it may end there */
        struct hufu_connection *next = TAILQ_NEXT(connection, entry);
        hufu_connection_renew(connection, tls);
        connection = next;
    }
}
