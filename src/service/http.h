/* HTTP/1.1: the gate is asked as soon as there is a head to look at, and what passes becomes an
 * exchange: one request of an allowed page that waits for its answer. */
#ifndef HUFU_SERVICE_HTTP_H
#define HUFU_SERVICE_HTTP_H

#include "base/buf.h"
#include "service/gate.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

struct hufu_connections;
struct hufu_http;
struct hufu_exchange;

/* Called with a request that passed the gate. The handler owns `exchange` until it replies or is
 * told that the page went away. */
typedef void hufu_http_handler(void *context, struct hufu_exchange *exchange);

/* `context` is borrowed, and is that of `permit` as well. */
struct hufu_http *hufu_http_new(struct event_base *base, hufu_gate_permit *permit,
                                hufu_http_handler *handler, void *context);

/* Ends all connections; exchanges go without a word to their handlers. */
void hufu_http_free(struct hufu_http *http);

/* Whose requests it answers; borrowed. */
struct hufu_connections *hufu_http_connections(struct hufu_http *http);

/* The page's origin; valid as long as the exchange. */
const char *hufu_exchange_origin(const struct hufu_exchange *exchange);

enum hufu_target hufu_exchange_target(const struct hufu_exchange *exchange);

/* The body, in one piece; borrowed until the exchange ends, when it is wiped. */
struct hufu_bytes hufu_exchange_body(const struct hufu_exchange *exchange);

/* Milliseconds since the request arrived. */
int64_t hufu_exchange_age_ms(const struct hufu_exchange *exchange);

/* Asks the kernel again whose the other end is: a socket can be handed to another process. */
bool hufu_exchange_is_ours(const struct hufu_exchange *exchange);

/* For an exchange that has to wait: `gone` is called once when the page closes the connection
 * before a reply, and the exchange is no longer the handler's then. */
typedef void hufu_exchange_gone(void *context);
void hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone, void *context);

/* Each of these releases the exchange. Sends `json` as it is, with status 200. */
void hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json);

/* The same with another status, which the page may read. */
void hufu_exchange_fail(struct hufu_exchange *exchange, int http_status, struct hufu_bytes json);

/* Status 403 with nothing that a page could read, and the end of the connection. */
void hufu_exchange_refuse(struct hufu_exchange *exchange);

/* Ends the connection without a word. */
void hufu_exchange_drop(struct hufu_exchange *exchange);

#endif
