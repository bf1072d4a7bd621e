/* HTTP/1.1 over TLS with libevent: who connects is checked, the gate is asked, and what passes
 * becomes an exchange: one request of an allowed page that waits for its answer. */
#ifndef HUFU_SERVICE_HTTP_H
#define HUFU_SERVICE_HTTP_H

#include "base/buf.h"
#include "service/config.h"

#include <event2/event.h>
#include <event2/http.h>
#include <openssl/types.h>
#include <stdint.h>

/* A browser opens at most six connections to one host; 64 lets ten pages work side by side. */
#define HUFU_CONNECTIONS_MAX 64
/* From accept to the end of a request, and between two requests on one connection. */
#define HUFU_READ_TIMEOUT_S 30

struct hufu_http;
struct hufu_exchange;

/* Called with a request that passed the gate. The handler owns `exchange` until it replies or is
 * told that the page went away. */
typedef void hufu_http_handler(void *context, struct hufu_exchange *exchange);

/* `config` and `context` are borrowed and may be exchanged later. */
struct hufu_http *hufu_http_new(struct event_base *base, hufu_http_handler *handler, void *context);
void hufu_http_free(struct hufu_http *http);
struct evhttp *hufu_http_evhttp(struct hufu_http *http);

/* New connections use this TLS context (a reference is taken); new requests meet this config. */
void hufu_http_configure(struct hufu_http *http, const struct hufu_config *config, SSL_CTX *tls);

/* The page's origin; valid as long as the exchange. */
const char *hufu_exchange_origin(const struct hufu_exchange *exchange);

/* The body, in one piece; borrowed until the exchange ends, when it is wiped. */
struct hufu_bytes hufu_exchange_body(const struct hufu_exchange *exchange);

/* Milliseconds since the request arrived. */
int64_t hufu_exchange_age_ms(const struct hufu_exchange *exchange);

/* For an exchange that has to wait: `gone` is called once when the page closes the connection
 * before a reply, and the exchange is no longer the handler's then. Out of memory it is never
 * called; the call's own deadline ends it then. */
typedef void hufu_exchange_gone(void *context);
void hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone, void *context);

/* Sends `json` as it is, with status 200, and releases the exchange. */
void hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json);

#endif
