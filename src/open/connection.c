#include "open/connection.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* One that sends without end gets its turn like the others. */
enum { READ_STEP = 4096, READ_STEPS_MAX = 16 };

struct reason {
    int status;
    const char *text;
};

static const struct reason reasons[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {400, "Bad Request"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {431, "Request Header Fields Too Large"},
};

/* The page may load what it consists of, and talk to us and to hufud; nothing else, from anywhere.
 */
static const char security_headers[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self' https://localhost:* https://127.0.0.1:*; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n";

static void set_phase(struct hufu_open_connection *connection, enum hufu_open_phase phase,
                      int64_t ms)
{
    connection->phase = phase;
    connection->deadline_ms = hufu_clock_ms() + ms;
}

void hufu_open_begin(struct hufu_open_connection *connection, int fd)
{
    *connection = (struct hufu_open_connection){
        .fd = fd,
        .in = {.max = HUFU_HEADER_BYTES_MAX + HUFU_OPEN_BODY_MAX + READ_STEP},
        .out = {.max = HUFU_OPEN_OUT_MAX},
    };
    set_phase(connection, HUFU_OPEN_HEAD, HUFU_OPEN_REQUEST_MS);
}

void hufu_open_end(struct hufu_open_connection *connection)
{
    if (connection->phase == HUFU_OPEN_FREE)
        return;
    close(connection->fd);
    hufu_buf_done(&connection->in);
    hufu_buf_done(&connection->out);
    *connection = (struct hufu_open_connection){.phase = HUFU_OPEN_FREE, .fd = -1};
}

/* --- answers --- */

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "";
}

static void begin_answer(struct hufu_open_connection *connection, int http_status, const char *type)
{
    hufu_buf_printf(&connection->out, "HTTP/1.1 %d %s\r\n%s", http_status, reason_of(http_status),
                    security_headers);
    if (type)
        hufu_buf_printf(&connection->out, "Content-Type: %s\r\n", type);
}

void hufu_open_reply(struct hufu_open_connection *connection, int http_status, const char *type,
                     const char *cookie, struct hufu_bytes content)
{
    begin_answer(connection, http_status, type);
    if (cookie)
        hufu_buf_printf(&connection->out, "Set-Cookie: %s\r\n", cookie);
    if (http_status != 204)
        hufu_buf_printf(&connection->out, "Content-Length: %zu\r\n", content.len);
    hufu_buf_add_text(&connection->out, "\r\n");
    hufu_buf_add(&connection->out, content.data, content.len);
    set_phase(connection, HUFU_OPEN_ANSWER, HUFU_OPEN_ANSWER_MS);
    if (connection->out.failed)
        hufu_open_end(connection);
}

static void refuse(struct hufu_open_connection *connection, int http_status, const char *why)
{
    hufu_log("refused: status=%d why=%s", http_status, why);
    hufu_open_reply(connection, http_status, NULL, NULL, hufu_bytes_of("", 0));
}

void hufu_open_stream(struct hufu_open_connection *connection)
{
    begin_answer(connection, 200, "text/event-stream");
    hufu_buf_add_text(&connection->out, "\r\nretry: 1000\n\n");
    set_phase(connection, HUFU_OPEN_EVENTS, HUFU_OPEN_ANSWER_MS);
}

/* --- reading --- */

/* All of the head is there: what it asks for is judged before its body is looked at. */
static void on_head(struct hufu_open_connection *connection, const struct hufu_open_door *door,
                    const struct hufu_head *head)
{
    connection->verdict = hufu_open_route(door, head);
    if (connection->verdict.action == HUFU_OPEN_REFUSE)
        refuse(connection, connection->verdict.http_status, connection->verdict.why);
    else
        connection->phase = HUFU_OPEN_BODY;
}

static void understand(struct hufu_open_connection *connection, const struct hufu_open_door *door)
{
    if (connection->phase == HUFU_OPEN_HEAD && connection->in.len > 0) {
        struct hufu_head head;
        enum hufu_head_state state = hufu_head_read((char *)connection->in.data, connection->in.len,
                                                    &head, &connection->head_len);
        if (state == HUFU_HEAD_DONE)
            on_head(connection, door, &head);
        else if (state == HUFU_HEAD_TOO_LARGE)
            refuse(connection, 431, "headers");
        else if (state == HUFU_HEAD_MALFORMED)
            refuse(connection, 400, "syntax");
    }
    if (connection->phase != HUFU_OPEN_BODY)
        return;
    size_t expected = connection->head_len + connection->verdict.body_length;
    if (connection->in.len > expected)
        refuse(connection, 400, "length");
    else if (connection->in.len == expected)
        set_phase(connection, HUFU_OPEN_READY, HUFU_OPEN_ANSWER_MS);
}

static bool is_reading(const struct hufu_open_connection *connection)
{
    return connection->phase == HUFU_OPEN_HEAD || connection->phase == HUFU_OPEN_BODY;
}

/* Once the request is there, whatever else comes is thrown away. */
void hufu_open_read(struct hufu_open_connection *connection, const struct hufu_open_door *door)
{
    char block[READ_STEP];
    for (int i = 0; i < READ_STEPS_MAX; i++) {
        if (connection->phase == HUFU_OPEN_FREE || connection->phase == HUFU_OPEN_READY)
            return;
        ssize_t len = recv(connection->fd, block, sizeof block, MSG_DONTWAIT);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            return;
        if (len <= 0) {
            hufu_open_end(connection);
            return;
        }
        if (!is_reading(connection))
            continue;
        hufu_buf_add(&connection->in, block, (size_t)len);
        if (connection->in.failed)
            hufu_open_end(connection);
        else
            understand(connection, door);
    }
}

struct hufu_bytes hufu_open_body(const struct hufu_open_connection *connection)
{
    return hufu_bytes_of(connection->in.data + connection->head_len,
                         connection->verdict.body_length);
}

/* --- writing --- */

bool hufu_open_is_writing(const struct hufu_open_connection *connection)
{
    return (connection->phase == HUFU_OPEN_ANSWER || connection->phase == HUFU_OPEN_EVENTS) &&
           connection->sent < connection->out.len;
}

static void on_written(struct hufu_open_connection *connection)
{
    hufu_buf_clear(&connection->out);
    connection->sent = 0;
    if (connection->phase != HUFU_OPEN_ANSWER)
        return;
    (void)shutdown(connection->fd, SHUT_WR);
    set_phase(connection, HUFU_OPEN_LINGER, HUFU_OPEN_LINGER_MS);
}

void hufu_open_write(struct hufu_open_connection *connection)
{
    while (hufu_open_is_writing(connection)) {
        ssize_t len = send(connection->fd, connection->out.data + connection->sent,
                           connection->out.len - connection->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            return;
        if (len <= 0) {
            hufu_open_end(connection);
            return;
        }
        connection->sent += (size_t)len;
        if (connection->sent == connection->out.len)
            on_written(connection);
    }
}

/* A stream has its time anew whenever something is added to what was written in full. */
void hufu_open_send(struct hufu_open_connection *connection, const char *event, const char *data)
{
    if (connection->phase != HUFU_OPEN_EVENTS)
        return;
    if (!hufu_open_is_writing(connection))
        connection->deadline_ms = hufu_clock_ms() + HUFU_OPEN_ANSWER_MS;
    hufu_buf_printf(&connection->out, "event: %s\ndata: ", event);
    hufu_buf_add_text(&connection->out, data);
    hufu_buf_add_text(&connection->out, "\n\n");
    if (connection->out.failed)
        hufu_open_end(connection);
}

void hufu_open_ping(struct hufu_open_connection *connection)
{
    if (connection->phase != HUFU_OPEN_EVENTS || hufu_open_is_writing(connection))
        return;
    connection->deadline_ms = hufu_clock_ms() + HUFU_OPEN_ANSWER_MS;
    hufu_buf_add_text(&connection->out, ":\n\n");
}

void hufu_open_expire(struct hufu_open_connection *connection, int64_t now_ms)
{
    bool rests = connection->phase == HUFU_OPEN_EVENTS && !hufu_open_is_writing(connection);
    if (connection->phase != HUFU_OPEN_FREE && !rests && now_ms >= connection->deadline_ms)
        hufu_open_end(connection);
}
