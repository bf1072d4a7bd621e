#include "service/http.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/gate.h"
#include "service/listen.h"
#include "service/peer.h"
#include "service/servisign.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

/* What one TLS record holds. */
enum { RECORD_BYTES_MAX = 16 * 1024 };

struct hufu_http {
    struct event_base *base;
    struct evhttp *evhttp;
    const struct hufu_config *config;
    SSL_CTX *tls;
    hufu_http_handler *handler;
    void *context;
};

struct hufu_exchange {
    struct event_base *base;
    struct evhttp_request *request;
    struct event *closed; /* while the page has to wait */
    int64_t start_ms;
    struct hufu_bytes body;
    hufu_exchange_gone *gone;
    void *gone_context;
    char origin[HUFU_ORIGIN_MAX + 1];
};

/* --- connections --- */

/* Of the process, not of struct hufu_http: libevent may free the last connections after it. */
static size_t open_connections;

/* The only place that hears of every end of a connection: OpenSSL frees its SSL object. */
static void count_down(void *ssl, void *counted, CRYPTO_EX_DATA *data, int index, long argl,
                       void *argp)
{
    (void)ssl, (void)data, (void)index, (void)argl, (void)argp;
    if (counted)
        open_connections--;
}

static int count_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, count_down);
    return index;
}

/* With Nagle a kept-alive answer waits 40 ms for the browser's delayed acknowledgement. Not left to
 * the listening socket: who connected before the option was set there would not inherit it. */
static void send_at_once(int fd)
{
    int one = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one))
        hufu_log("TCP_NODELAY: %s", strerror(errno));
}

/* Runs right after evhttp gave the accepted socket to the bufferevent and before the loop reads a
 * byte from it: another user's connection ends here, before TLS. */
static void vet_connection(evutil_socket_t unused, short events, void *arg)
{
    struct bufferevent *connection = arg;
    int fd = bufferevent_getfd(connection);
    (void)unused;
    (void)events;
    const char *why = open_connections > HUFU_CONNECTIONS_MAX ? "too many connections"
                      : !hufu_peer_is_ours(fd)                ? "another user"
                                                              : NULL;
    send_at_once(fd);
    if (why) {
        hufu_log("connection closed: %s", why);
        shutdown(fd, SHUT_RDWR);
    }
    bufferevent_decref(connection);
}

static struct bufferevent *new_connection(struct event_base *base, SSL_CTX *tls)
{
    SSL *ssl = SSL_new(tls);
    if (!ssl || !SSL_set_ex_data(ssl, count_index(), &open_connections))
        return NULL;
    open_connections++;
    struct bufferevent *connection = bufferevent_openssl_socket_new(
        base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!connection)
        return NULL;
    bufferevent_openssl_set_allow_dirty_shutdown(connection, 1);
    bufferevent_incref(connection);
    return event_base_once(base, -1, EV_TIMEOUT, vet_connection, connection, NULL) ? NULL
                                                                                   : connection;
}

/* evhttp takes no for an answer by going on without TLS and without our check, so there is no no.
 */
static struct bufferevent *make_connection(struct event_base *base, void *arg)
{
    struct bufferevent *connection = new_connection(base, ((struct hufu_http *)arg)->tls);
    if (!connection) {
        hufu_log("out of memory");
        abort();
    }
    return connection;
}

/* --- replies --- */

static void add_headers(struct evhttp_request *request, const char *origin)
{
    static const struct hufu_header always[] = {
        {"Content-Type", "application/json; charset=utf-8"},
        {"Cache-Control", "no-store"},
        {"X-Content-Type-Options", "nosniff"},
        {"Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'"},
        {"Referrer-Policy", "no-referrer"},
        {"Vary", "Origin"},
    };
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        evhttp_add_header(headers, always[i].name, always[i].value);
    if (origin)
        evhttp_add_header(headers, "Access-Control-Allow-Origin", origin);
}

static const char *reason_of(int http_status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {{200, "OK"},
                   {204, "No Content"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {415, "Unsupported Media Type"},
                   {431, "Request Header Fields Too Large"}};
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == http_status)
            return reasons[i].reason;
    return "Error";
}

/* evhttp leaves head and body in two blocks, which would become two TLS records, two system calls
 * and two wake-ups of the browser. */
static void join(struct evbuffer *output)
{
    if (evbuffer_get_length(output) <= RECORD_BYTES_MAX)
        evbuffer_pullup(output, -1);
}

static void send_json(struct evhttp_request *request, int http_status, const char *origin,
                      struct hufu_bytes json)
{
    add_headers(request, origin);
    struct evbuffer *body = evbuffer_new();
    if (body && json.len)
        evbuffer_add(body, json.data, json.len);
    struct bufferevent *connection =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));
    evhttp_send_reply(request, http_status, reason_of(http_status), body);
    if (body)
        evbuffer_free(body);
    join(bufferevent_get_output(connection));
}

static void send_preflight(struct evhttp_request *request, const char *origin)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    evhttp_add_header(headers, "Access-Control-Allow-Methods", "POST");
    evhttp_add_header(headers, "Access-Control-Allow-Headers", "content-type");
    evhttp_add_header(headers, "Access-Control-Max-Age", "600");
    if (evhttp_find_header(evhttp_request_get_input_headers(request),
                           "Access-Control-Request-Private-Network"))
        evhttp_add_header(headers, "Access-Control-Allow-Private-Network", "true");
    send_json(request, 204, origin, (struct hufu_bytes){0});
}

static void send_verdict(struct evhttp_request *request, const struct hufu_verdict *verdict)
{
    struct hufu_buf json;
    hufu_buf_init(&json, HUFU_SERVISIGN_ANSWER_MAX);
    if (verdict->gate == HUFU_GATE_EXPLAIN)
        hufu_servisign_encode_status(verdict->reason, &json);
    hufu_log("refused: status=%d why=%s%s%s", verdict->http_status, verdict->why,
             verdict->unknown ? " origin=" : "", verdict->unknown ? verdict->unknown : "");
    evhttp_add_header(evhttp_request_get_output_headers(request), "Connection", "close");
    send_json(request, verdict->http_status, verdict->origin, hufu_buf_bytes(&json));
    hufu_buf_done(&json);
}

/* --- exchanges --- */

static void free_exchange(struct hufu_exchange *exchange)
{
    if (exchange->closed)
        event_free(exchange->closed);
    if (exchange->body.data) /* it may hold a PIN; evhttp keeps it until the answer was written */
        explicit_bzero((void *)(uintptr_t)exchange->body.data, exchange->body.len);
    free(exchange);
}

/* The page closed the connection while it had to wait. evhttp does not read meanwhile, so it
 * cannot notice; freeing the connection frees the request. */
static void on_closed(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_exchange *exchange = arg;
    (void)fd;
    (void)events;
    struct evhttp_connection *connection = evhttp_request_get_connection(exchange->request);
    hufu_exchange_gone *gone = exchange->gone;
    void *context = exchange->gone_context;
    free_exchange(exchange);
    if (gone)
        gone(context);
    evhttp_connection_free(connection);
}

static struct hufu_exchange *new_exchange(struct hufu_http *http, struct evhttp_request *request,
                                          const char *origin)
{
    struct hufu_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->base = http->base;
    exchange->request = request;
    exchange->start_ms = hufu_clock_ms();
    strncpy(exchange->origin, origin, HUFU_ORIGIN_MAX);
    return exchange;
}

const char *hufu_exchange_origin(const struct hufu_exchange *exchange)
{
    return exchange->origin;
}

struct hufu_bytes hufu_exchange_body(const struct hufu_exchange *exchange)
{
    return exchange->body;
}

int64_t hufu_exchange_age_ms(const struct hufu_exchange *exchange)
{
    return hufu_clock_ms() - exchange->start_ms;
}

void hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone, void *context)
{
    struct bufferevent *connection =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(exchange->request));
    exchange->closed =
        event_new(exchange->base, bufferevent_getfd(connection), EV_CLOSED, on_closed, exchange);
    exchange->gone = gone;
    exchange->gone_context = context;
    if (exchange->closed)
        event_add(exchange->closed, NULL);
}

void hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json)
{
    send_json(exchange->request, 200, exchange->origin, json);
    free_exchange(exchange);
}

/* --- requests --- */

static bool read_head(struct evhttp_request *request, struct hufu_head *head)
{
    enum evhttp_cmd_type command = evhttp_request_get_command(request);
    struct bufferevent *connection =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));
    *head = (struct hufu_head){
        .method = command == EVHTTP_REQ_POST      ? "POST"
                  : command == EVHTTP_REQ_OPTIONS ? "OPTIONS"
                                                  : "other",
        .target = evhttp_request_get_uri(request),
        .port = hufu_socket_port(bufferevent_getfd(connection)),
    };
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    struct evkeyval *header = NULL;
    TAILQ_FOREACH (header, headers, next) {
        if (head->header_count == HUFU_HEADERS_MAX)
            return false;
        head->headers[head->header_count++] =
            (struct hufu_header){.name = header->key, .value = header->value};
    }
    return true;
}

static void hand_over(struct hufu_http *http, struct evhttp_request *request, const char *origin)
{
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(input);
    unsigned char *data = evbuffer_pullup(input, -1);
    struct hufu_exchange *exchange = new_exchange(http, request, origin);
    if (!exchange) {
        hufu_log("out of memory: request dropped");
        evhttp_connection_free(evhttp_request_get_connection(request));
        return;
    }
    exchange->body = hufu_bytes_of(data, data ? len : 0);
    http->handler(http->context, exchange);
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct hufu_http *http = arg;
    struct hufu_head head;
    struct hufu_verdict verdict = {.gate = HUFU_GATE_REFUSE, .http_status = 431, .why = "headers"};
    if (read_head(request, &head))
        verdict = hufu_gate_check(http->config, &head);
    switch (verdict.gate) {
    case HUFU_GATE_PASS:
        hand_over(http, request, verdict.origin);
        break;
    case HUFU_GATE_OPTIONS:
        send_preflight(request, verdict.origin);
        break;
    case HUFU_GATE_REFUSE:
    case HUFU_GATE_EXPLAIN:
        send_verdict(request, &verdict);
        break;
    }
}

struct hufu_http *hufu_http_new(struct event_base *base, hufu_http_handler *handler, void *context)
{
    struct hufu_http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    *http = (struct hufu_http){
        .base = base, .evhttp = evhttp_new(base), .handler = handler, .context = context};
    if (!http->evhttp) {
        free(http);
        return NULL;
    }
    evhttp_set_bevcb(http->evhttp, make_connection, http);
    evhttp_set_gencb(http->evhttp, on_request, http);
    evhttp_set_allowed_methods(http->evhttp, 0xffff); /* the gate answers, evhttp would say HTML */
    evhttp_set_max_headers_size(http->evhttp, HUFU_HEADER_BYTES_MAX);
    evhttp_set_max_body_size(http->evhttp, HUFU_BODY_BYTES_MAX);
    evhttp_set_timeout(http->evhttp, HUFU_READ_TIMEOUT_S);
    return http;
}

void hufu_http_free(struct hufu_http *http)
{
    if (!http)
        return;
    evhttp_free(http->evhttp);
    SSL_CTX_free(http->tls);
    free(http);
}

struct evhttp *hufu_http_evhttp(struct hufu_http *http)
{
    return http->evhttp;
}

void hufu_http_configure(struct hufu_http *http, const struct hufu_config *config, SSL_CTX *tls)
{
    SSL_CTX_up_ref(tls);
    SSL_CTX_free(http->tls);
    http->tls = tls;
    http->config = config;
}
