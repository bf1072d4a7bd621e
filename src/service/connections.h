/* All connections of pages together: whose are let in, how many there may be, which one makes room
 * for another, and how much memory they share. */
#ifndef HUFU_SERVICE_CONNECTIONS_H
#define HUFU_SERVICE_CONNECTIONS_H

#include "service/connection.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/types.h>
#include <stdbool.h>

/* A browser opens at most six connections to one host; a crowd of slow ones must leave room for
 * those, and each costs some 20 KiB. One more takes the place of one that never had a request, or
 * else of the one that has been without a request longest. */
#define HUFU_CONNECTIONS_MAX 512

/* All bodies together that are in memory, received or in the making: two of the largest. */
#define HUFU_BODIES_BYTES_MAX (16 * 1024 * 1024)

struct hufu_connections;

/* `owner` is told of each of them, and is borrowed as `context` is; its `gone` begins with
 * hufu_connections_remove. NULL when out of memory. */
struct hufu_connections *hufu_connections_new(struct event_base *base,
                                              const struct hufu_connection_owner *owner,
                                              void *context);
void hufu_connections_remove(struct hufu_connections *connections,
                             struct hufu_connection *connection);

/* Ends all of them. */
void hufu_connections_free(struct hufu_connections *connections);

/* New connections use this TLS context (a reference is taken). */
void hufu_connections_configure(struct hufu_connections *connections, SSL_CTX *tls);

/* Accepts the connections of a listening, non-blocking socket, which is taken on success. Stop with
 * evconnlistener_free; connections stay. NULL when out of memory. */
struct evconnlistener *hufu_connections_listen(struct hufu_connections *connections, int fd);

/* Serves a connection that somebody else accepted, which is taken: its peer is looked at as ever.
 */
void hufu_connections_admit(struct hufu_connections *connections, int fd);

/* Called, from the event loop, for each connection that is closed because it is another user's. */
typedef void hufu_connections_stranger(void *context);
void hufu_connections_on_stranger(struct hufu_connections *connections,
                                  hufu_connections_stranger *stranger, void *context);

/* Whether any answer was not taken by its page yet. */
bool hufu_connections_are_sending(const struct hufu_connections *connections);

/* Whether the bodies are within HUFU_BODIES_BYTES_MAX. */
bool hufu_connections_bodies_fit(const struct hufu_connections *connections);

#endif
