/* One request of a browser and its answer, without waiting: a connection carries one. */
#ifndef HUFU_OPEN_CONNECTION_H
#define HUFU_OPEN_CONNECTION_H

#include "base/buf.h"
#include "open/route.h"

#include <stdbool.h>
#include <stdint.h>

/* A browser sends a request in one piece; this is a slow machine's time. */
#define HUFU_OPEN_REQUEST_MS 10000

/* For a browser that is at work with something else, or stopped in a debugger. */
#define HUFU_OPEN_ANSWER_MS 30000

/* How long the end waits for the browser to have read the answer. */
#define HUFU_OPEN_LINGER_MS 1000

/* What one stream may be behind: the doctor's report, cards and uses some times over. */
#define HUFU_OPEN_OUT_MAX (2 * 1024 * 1024)

enum hufu_open_phase {
    HUFU_OPEN_FREE, /* no connection */
    HUFU_OPEN_HEAD,
    HUFU_OPEN_BODY,
    HUFU_OPEN_READY,  /* the request is complete and waits for its answer */
    HUFU_OPEN_ANSWER, /* to be written, then closed */
    HUFU_OPEN_EVENTS, /* stays open; what is added is written */
    HUFU_OPEN_LINGER,
};

struct hufu_open_connection {
    enum hufu_open_phase phase;
    int fd;
    int64_t deadline_ms; /* not of a stream that has nothing to write */
    struct hufu_buf in;
    size_t head_len;
    struct hufu_open_verdict verdict; /* from HUFU_OPEN_READY on */
    struct hufu_buf out;
    size_t sent;
};

/* Takes an accepted descriptor that does not block. */
void hufu_open_begin(struct hufu_open_connection *connection, int fd);
void hufu_open_end(struct hufu_open_connection *connection);

/* Reads what there is, and judges it by `door`; a refusal is its own answer. */
void hufu_open_read(struct hufu_open_connection *connection, const struct hufu_open_door *door);

/* Writes what can be written. */
void hufu_open_write(struct hufu_open_connection *connection);
bool hufu_open_is_writing(const struct hufu_open_connection *connection);

/* Ends it when its time is over. */
void hufu_open_expire(struct hufu_open_connection *connection, int64_t now_ms);

/* The body of a complete request. */
struct hufu_bytes hufu_open_body(const struct hufu_open_connection *connection);

/* Answers. `cookie` is a value for Set-Cookie, or NULL; `content` may be empty. */
void hufu_open_reply(struct hufu_open_connection *connection, int http_status, const char *type,
                     const char *cookie, struct hufu_bytes content);

/* Begins a stream of events, and adds one: `data` is one line. */
void hufu_open_stream(struct hufu_open_connection *connection);
void hufu_open_send(struct hufu_open_connection *connection, const char *event, const char *data);

/* Keeps the other end awake, and shows when it is gone. */
void hufu_open_ping(struct hufu_open_connection *connection);

#endif
