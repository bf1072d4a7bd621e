#include "service/http.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/peer.h"
#include "service/connection.h"
#include "service/connections.h"
#include "service/response.h"
#include "service/servisign.h"
#include "wire/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOTE_EVERY_MS = 10 * 1000 };

struct hufu_http {
    struct hufu_connections *connections;
    hufu_gate_permit *permit;
    hufu_http_handler *handler;
    void *context;
    int64_t next_note_ms; /* of a website that was turned away */
    bool ends;            /* and says nothing of it */
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

static void on_body(struct hufu_connection *connection)
{
    const struct hufu_http *http = connection->context;
    struct hufu_exchange *exchange = connection->exchange;
    if (!hufu_connections_bodies_fit(http->connections)) {
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

static void on_gone(struct hufu_connection *connection)
{
    const struct hufu_http *http = connection->context;
    struct hufu_exchange *exchange = connection->exchange;
    hufu_connections_remove(http->connections, connection);
    if (!exchange)
        return;
    hufu_exchange_gone *gone = exchange->gone;
    void *context = exchange->gone_context;
    release(exchange);
    if (gone && !http->ends)
        gone(context);
}

/* --- life --- */

struct hufu_http *hufu_http_new(struct event_base *base, hufu_gate_permit *permit,
                                hufu_http_handler *handler, void *context)
{
    static const struct hufu_connection_owner owner = {
        .head = on_head, .bad_head = on_bad_head, .body = on_body, .gone = on_gone};
    struct hufu_http *http = calloc(1, sizeof *http);
    struct hufu_connections *connections = http ? hufu_connections_new(base, &owner, http) : NULL;
    if (!connections) {
        free(http);
        return NULL;
    }
    *http = (struct hufu_http){
        .connections = connections, .permit = permit, .handler = handler, .context = context};
    return http;
}

void hufu_http_free(struct hufu_http *http)
{
    if (!http)
        return;
    http->ends = true;
    hufu_connections_free(http->connections);
    free(http);
}

struct hufu_connections *hufu_http_connections(struct hufu_http *http)
{
    return http->connections;
}
