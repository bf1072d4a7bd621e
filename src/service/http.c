#include "service/http.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/peer.h"
#include "service/connection.h"
#include "service/gate.h"
#include "service/loopback.h"
#include "service/response.h"
#include "service/servisign.h"
#include "wire/running.h"

#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CROWD = 64 }; /* fewer are not worth the while */

enum { NOTE_EVERY_MS = 10 * 1000 };

struct hufu_http {
    struct event_base *base;
    hufu_gate_permit *permit;
    SSL_CTX *tls;
    hufu_http_handler *handler;
    void *context;
    hufu_http_stranger *stranger;
    void *stranger_context;
    size_t connection_count;
    size_t connection_peak; /* since memory was given back */
    int64_t next_note_ms;   /* of a website that was turned away */
    TAILQ_HEAD(, hufu_connection) connections;
};

/* Of one connection at a time. */
struct hufu_exchange {
    struct hufu_connection *connection;
    enum hufu_target target;
    int64_t start_ms;
    hufu_exchange_gone *gone;
    void *gone_context;
    char origin[HUFU_ORIGIN_MAX + 1];
};

/* --- replies --- */

static void send_response(struct hufu_connection *connection, const struct hufu_response *response)
{
    if (response->close)
        connection->close_after = true;
    struct hufu_response last = *response;
    last.close = connection->close_after;
    hufu_buf_init(&connection->output, HUFU_SERVISIGN_ANSWER_MAX + HUFU_RESPONSE_HEAD_MAX);
    hufu_response_put(&connection->output, &last);
    hufu_connection_send(connection);
}

static void send_preflight(struct hufu_connection *connection, const struct hufu_head *head,
                           const char *origin)
{
    static const char private_network[] = "Access-Control-Request-Private-Network";
    send_response(connection, &(struct hufu_response){
                                  .http_status = 204,
                                  .origin = origin,
                                  .preflight = true,
                                  .private_network = hufu_head_value(head, private_network),
                              });
}

/* For `hufu doctor`. Every website can come as often as it likes, and the disk need not hear of
 * each. */
static void note(struct hufu_http *http, const char *origin)
{
    struct hufu_turned_away visit = {.when = time(NULL)};
    int64_t now = hufu_clock_ms();
    if (now < http->next_note_ms)
        return;
    http->next_note_ms = now + NOTE_EVERY_MS;
    snprintf(visit.origin, sizeof visit.origin, "%s", origin);
    (void)hufu_turned_away_write(&visit); /* the log has it in any case */
}

/* What was refused is not read any further. */
static void send_verdict(struct hufu_connection *connection, const struct hufu_verdict *verdict,
                         bool without_body)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = HUFU_SERVISIGN_ANSWER_MAX};
    if (verdict->gate == HUFU_GATE_EXPLAIN)
        hufu_servisign_encode_status(verdict->reason, &json);
    hufu_log("refused: status=%d why=%s%s%s", verdict->http_status, verdict->why,
             verdict->unknown ? " origin=" : "", verdict->unknown ? verdict->unknown : "");
    if (verdict->unknown)
        note(connection->context, verdict->unknown);
    send_response(connection, &(struct hufu_response){
                                  .http_status = verdict->http_status,
                                  .origin = verdict->origin,
                                  .json = hufu_buf_bytes(&json),
                                  .without_body = without_body,
                                  .close = true,
                              });
}

/* --- exchanges --- */

static struct hufu_exchange *new_exchange(struct hufu_connection *connection,
                                          const struct hufu_verdict *verdict)
{
    struct hufu_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->connection = connection;
    exchange->target = verdict->target;
    strncpy(exchange->origin, verdict->origin, HUFU_ORIGIN_MAX);
    return exchange;
}

/* The connection that the exchange was of. */
static struct hufu_connection *release(struct hufu_exchange *exchange)
{
    struct hufu_connection *connection = exchange->connection;
    connection->exchange = NULL;
    free(exchange);
    return connection;
}

const char *hufu_exchange_origin(const struct hufu_exchange *exchange)
{
    return exchange->origin;
}

enum hufu_target hufu_exchange_target(const struct hufu_exchange *exchange)
{
    return exchange->target;
}

struct hufu_bytes hufu_exchange_body(const struct hufu_exchange *exchange)
{
    return hufu_buf_bytes(&exchange->connection->body);
}

int64_t hufu_exchange_age_ms(const struct hufu_exchange *exchange)
{
    return hufu_clock_ms() - exchange->start_ms;
}

bool hufu_exchange_is_ours(const struct hufu_exchange *exchange)
{
    return hufu_peer_is_ours(exchange->connection->fd);
}

void hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone, void *context)
{
    exchange->gone = gone;
    exchange->gone_context = context;
}

void hufu_exchange_fail(struct hufu_exchange *exchange, int http_status, struct hufu_bytes json)
{
    char origin[HUFU_ORIGIN_MAX + 1];
    memcpy(origin, exchange->origin, sizeof origin);
    send_response(
        release(exchange),
        &(struct hufu_response){.http_status = http_status, .origin = origin, .json = json});
}

void hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json)
{
    hufu_exchange_fail(exchange, 200, json);
}

void hufu_exchange_refuse(struct hufu_exchange *exchange)
{
    send_response(release(exchange), &(struct hufu_response){.http_status = 403, .close = true});
}

void hufu_exchange_drop(struct hufu_exchange *exchange)
{
    hufu_connection_end(release(exchange));
}

/* --- requests --- */

static void on_head(struct hufu_connection *connection, struct hufu_head *head)
{
    const struct hufu_http *http = connection->context;
    struct hufu_verdict verdict = hufu_gate_check(http->permit, http->context, head);
    const char *option = hufu_head_value(head, "Connection");
    connection->close_after = option && strcasestr(option, "close");
    hufu_log_debug("request: status=%d length=%llu", verdict.http_status,
                   (unsigned long long)verdict.body_length);
    switch (verdict.gate) {
    case HUFU_GATE_PASS:
    case HUFU_GATE_ASK:
        connection->exchange = new_exchange(connection, &verdict);
        if (connection->exchange)
            hufu_connection_expect(connection, verdict.body_length);
        else
            hufu_connection_end(connection);
        break;
    case HUFU_GATE_OPTIONS:
        send_preflight(connection, head, verdict.origin);
        break;
    case HUFU_GATE_REFUSE:
    case HUFU_GATE_EXPLAIN:
        send_verdict(connection, &verdict, strcmp(head->method, "HEAD") == 0);
        break;
    }
}

static void on_bad_head(struct hufu_connection *connection, enum hufu_head_state state)
{
    bool too_large = state == HUFU_HEAD_TOO_LARGE;
    send_verdict(connection,
                 &(struct hufu_verdict){.gate = HUFU_GATE_REFUSE,
                                        .http_status = too_large ? 431 : 400,
                                        .why = too_large ? "headers" : "syntax"},
                 false);
}

static size_t count_body_bytes(const struct hufu_http *http)
{
    const struct hufu_connection *connection = NULL;
    size_t sum = 0;
    TAILQ_FOREACH (connection, &http->connections, entry)
        sum += connection->body.len;
    return sum;
}

static void on_body(struct hufu_connection *connection)
{
    const struct hufu_http *http = connection->context;
    struct hufu_exchange *exchange = connection->exchange;
    if (count_body_bytes(http) > HUFU_BODIES_BYTES_MAX) {
        const struct hufu_verdict verdict = {.gate = HUFU_GATE_EXPLAIN,
                                             .http_status = 503,
                                             .reason = HUFU_E_SERVICE_MEMORY,
                                             .why = "memory",
                                             .origin = exchange->origin};
        send_verdict(connection, &verdict, false);
        release(exchange);
    } else if (connection->body.len == connection->body_len) {
        exchange->start_ms = hufu_clock_ms();
        hufu_connection_wait(connection);
        http->handler(http->context, exchange);
    }
}

/* libc keeps the memory of a crowd that has gone, some 30 KiB for each that was there. */
static void give_back(struct hufu_http *http)
{
    if (http->connection_peak < CROWD || http->connection_count > http->connection_peak / 8)
        return;
    malloc_trim(0);
    http->connection_peak = http->connection_count;
}

static void on_gone(struct hufu_connection *connection)
{
    struct hufu_http *http = connection->context;
    struct hufu_exchange *exchange = connection->exchange;
    TAILQ_REMOVE(&http->connections, connection, entry);
    http->connection_count--;
    give_back(http);
    if (!exchange)
        return;
    hufu_exchange_gone *gone = exchange->gone;
    void *context = exchange->gone_context;
    release(exchange);
    if (gone)
        gone(context);
}

/* --- connections --- */

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
static bool end_one(struct hufu_http *http)
{
    struct hufu_connection *connection = NULL;
    struct hufu_connection *oldest = NULL;
    TAILQ_FOREACH (connection, &http->connections, entry)
        if (may_go(connection) && (!oldest || goes_before(connection, oldest)))
            oldest = connection;
    if (!oldest)
        return false;
    hufu_log("connection closed: it made room for another");
    hufu_connection_end(oldest);
    return true;
}

static bool add_connection(struct hufu_http *http, int fd)
{
    static const struct hufu_connection_owner owner = {
        .head = on_head, .bad_head = on_bad_head, .body = on_body, .gone = on_gone};
    SSL *ssl = SSL_new(http->tls);
    if (!ssl) {
        close(fd);
        return false;
    }
    struct hufu_connection *connection = hufu_connection_new(http->base, fd, ssl, &owner, http);
    if (!connection)
        return false;
    connection->port = hufu_loopback_port(fd);
    TAILQ_INSERT_TAIL(&http->connections, connection, entry);
    if (++http->connection_count > http->connection_peak)
        http->connection_peak = http->connection_count;
    return true;
}

void hufu_http_on_stranger(struct hufu_http *http, hufu_http_stranger *stranger, void *context)
{
    http->stranger = stranger;
    http->stranger_context = context;
}

/* One that closed at once may have been anybody's. */
static void tell_stranger(const struct hufu_http *http, int fd)
{
    uid_t uid = 0;
    if (http->stranger && hufu_peer_owner(fd, &uid) && uid != getuid())
        http->stranger(http->stranger_context);
}

/* Another user's connection ends here: before TLS, and before it could push a page out. */
void hufu_http_admit(struct hufu_http *http, int fd)
{
    bool ours = hufu_peer_is_ours(fd);
    const char *why = !ours ? "another user"
                      : http->connection_count == HUFU_CONNECTIONS_MAX && !end_one(http)
                          ? "too many connections"
                          : NULL;
    if (why) {
        hufu_log("connection closed: %s", why);
        if (!ours)
            tell_stranger(http, fd);
        close(fd);
        return;
    }
    send_at_once(fd);
    if (!add_connection(http, fd))
        hufu_log("connection closed: out of memory");
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    hufu_http_admit(arg, fd);
}

/* Without descriptors the kernel would report the same connection again and again. */
static void on_accept_error(struct evconnlistener *listener, void *arg)
{
    (void)listener;
    end_one(arg);
}

struct evconnlistener *hufu_http_listen(struct hufu_http *http, int fd)
{
    struct evconnlistener *listener = evconnlistener_new(
        http->base, on_accept, http, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (listener)
        evconnlistener_set_error_cb(listener, on_accept_error);
    return listener;
}

bool hufu_http_is_sending(const struct hufu_http *http)
{
    const struct hufu_connection *connection = NULL;
    TAILQ_FOREACH (connection, &http->connections, entry)
        if (connection->phase == HUFU_PHASE_ANSWER)
            return true;
    return false;
}

struct hufu_http *hufu_http_new(struct event_base *base, hufu_gate_permit *permit,
                                hufu_http_handler *handler, void *context)
{
    struct hufu_http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    *http =
        (struct hufu_http){.base = base, .permit = permit, .handler = handler, .context = context};
    TAILQ_INIT(&http->connections);
    return http;
}

void hufu_http_free(struct hufu_http *http)
{
    struct hufu_connection *connection = NULL;
    if (!http)
        return;
    while ((connection = TAILQ_FIRST(&http->connections))) {
        if (connection->exchange)
            connection->exchange->gone = NULL;
        hufu_connection_end(connection);
    }
    SSL_CTX_free(http->tls);
    free(http);
}

void hufu_http_configure(struct hufu_http *http, SSL_CTX *tls)
{
    SSL_CTX_up_ref(tls);
    SSL_CTX_free(http->tls);
    http->tls = tls;
    struct hufu_connection *connection = TAILQ_FIRST(&http->connections);
    while (connection) { /* it may end there */
        struct hufu_connection *next = TAILQ_NEXT(connection, entry);
        hufu_connection_renew(connection, tls);
        connection = next;
    }
}
