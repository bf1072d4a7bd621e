/* One TLS connection of a browser: one request after another, each with its head, its body, a call
 * that runs, its answer. It knows when what took too long and nothing of what a request means. */
#ifndef HUFU_SERVICE_CONNECTION_H
#define HUFU_SERVICE_CONNECTION_H

#include "base/buf.h"
#include "wire/head.h"

#include <event2/event.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <sys/queue.h>

/* How long each phase may take as a whole; bytes that trickle in gain no time. Over loopback all of
 * them take milliseconds, so this is room for a busy machine. */
#define HUFU_HANDSHAKE_S 5
#define HUFU_IDLE_S      30 /* between two requests: pages poll more often */
#define HUFU_HEAD_S      5  /* from its first byte */
#define HUFU_BODY_S      30 /* megabytes, decrypted while every worker signs */
#define HUFU_ANSWER_S    30 /* until the page has read it: its tab may be frozen for a while */
#define HUFU_GOODBYE_S   2  /* until what the page still sends cannot cost it the answer */

enum hufu_phase {
    HUFU_PHASE_HANDSHAKE,
    HUFU_PHASE_IDLE,
    HUFU_PHASE_HEAD,
    HUFU_PHASE_BODY,
    HUFU_PHASE_CALL, /* the owner's: it sends an answer or is told that the page went away */
    HUFU_PHASE_ANSWER,
    HUFU_PHASE_GOODBYE,
    HUFU_PHASE_DEAD,
};

struct hufu_connection;
struct hufu_exchange;

/* What the owner of a connection is told. `head` and `body` may send an answer at once. */
struct hufu_connection_owner {
    /* The head is complete, and of the body nothing was read. Calls hufu_connection_expect or
     * hufu_connection_send. */
    void (*head)(struct hufu_connection *connection, struct hufu_head *head);
    void (*bad_head)(struct hufu_connection *connection, enum hufu_head_state state);
    /* A part of the body arrived; all of it when body.len == body_len. The last part may be
     * empty. */
    void (*body)(struct hufu_connection *connection);
    /* The last that is heard of the connection. */
    void (*gone)(struct hufu_connection *connection);
};

/* For the owner to read, but `entry` and `exchange` are its own. */
struct hufu_connection {
    TAILQ_ENTRY(hufu_connection) entry;
    struct hufu_exchange *exchange;
    const struct hufu_connection_owner *owner;
    void *context;
    struct event_base *base;
    struct event *ready;
    struct event *deadline;
    SSL *ssl;
    int fd;
    short wanted; /* what `ready` waits for, and for what it should */
    short armed;
    uint16_t port; /* of the listener */
    enum hufu_phase phase;
    bool busy;                /* somebody up the stack goes on with it */
    bool new_phase;           /* its deadline is not set yet */
    bool early;               /* a part of the next request is here already; the deadline is now */
    bool close_after;         /* the answer is the last one */
    bool served;              /* it has had a request that passed the gate */
    int64_t waiting_since_ms; /* from accept or from the latest complete request on */
    size_t body_len;
    size_t body_peak; /* of all its requests */
    size_t sent;
    struct hufu_buf input; /* encrypted no more, not yet part of a head or a body */
    struct hufu_buf body;  /* wiped with the answer */
    struct hufu_buf output;
};

/* Begins the handshake on the accepted, non-blocking socket. Takes `fd` and `ssl` in any case; NULL
 * when out of memory. `owner` is borrowed. */
struct hufu_connection *hufu_connection_new(struct event_base *base, int fd, SSL *ssl,
                                            const struct hufu_connection_owner *owner,
                                            void *context);

/* Goes on with a handshake that waits for a certificate, which `tls` may have. Others go on as they
 * began. */
void hufu_connection_renew(struct hufu_connection *connection, SSL_CTX *tls);

/* Reads a body of `len` bytes. Only from within `head`. */
void hufu_connection_expect(struct hufu_connection *connection, size_t len);

/* The request is complete and its call runs: nothing more is read before the answer. */
void hufu_connection_wait(struct hufu_connection *connection);

/* Sends what was written to `output`; with `close_after`, ends the connection then. */
void hufu_connection_send(struct hufu_connection *connection);

/* Ends it at once, whatever goes on. `gone` is called, and the connection is freed, now or, from
 * within one of its callbacks, after that. */
void hufu_connection_end(struct hufu_connection *connection);

#endif
