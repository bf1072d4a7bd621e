/* What a page sends to /v1/events, and what `hufu card` says at the same time: the input is the
 * body up to the first newline, then the lines. */
#include "service/events.h"

#include "fuzz.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

struct hufu_exchange {
    struct hufu_bytes body;
    hufu_exchange_gone *gone;
    void *context;
    size_t answers;
};

static int child = -1; /* its end of the socket */

/* --- in place of HTTP --- */

struct hufu_bytes __wrap_hufu_exchange_body(const struct hufu_exchange *exchange);
const char *__wrap_hufu_exchange_origin(const struct hufu_exchange *exchange);
void __wrap_hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json);
void __wrap_hufu_exchange_fail(struct hufu_exchange *exchange, int http_status,
                               struct hufu_bytes json);
void __wrap_hufu_exchange_refuse(struct hufu_exchange *exchange);
void __wrap_hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone,
                                void *context);

struct hufu_bytes __wrap_hufu_exchange_body(const struct hufu_exchange *exchange)
{
    return exchange->body;
}

const char *__wrap_hufu_exchange_origin(const struct hufu_exchange *exchange)
{
    (void)exchange;
    return "https://a.example";
}

void __wrap_hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json)
{
    require(json.len > 0 && json.data[0] == '{' && !memchr(json.data, '\n', json.len));
    exchange->answers++;
}

void __wrap_hufu_exchange_fail(struct hufu_exchange *exchange, int http_status,
                               struct hufu_bytes json)
{
    require(http_status == 400);
    __wrap_hufu_exchange_reply(exchange, json);
}

void __wrap_hufu_exchange_refuse(struct hufu_exchange *exchange)
{
    (void)exchange;
    abort();
}

void __wrap_hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone,
                                void *context)
{
    exchange->gone = gone;
    exchange->context = context;
}

/* --- in place of the rest --- */

int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid);
void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid);
enum hufu_permit __wrap_hufu_permits_see(struct hufu_permits *permits, const char *origin);
void __wrap_hufu_uselog_add(struct hufu_uselog *log, enum hufu_use use, const char *origin,
                            int code);
void __wrap_hufu_log(const char *format, ...);

int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid)
{
    int ends[2];
    (void)monitor;
    (void)program;
    require(child < 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    child = ends[1];
    *ret_pid = 1;
    return ends[0];
}

void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid)
{
    (void)monitor;
    (void)pid;
}

enum hufu_permit __wrap_hufu_permits_see(struct hufu_permits *permits, const char *origin)
{
    (void)permits;
    (void)origin;
    return HUFU_PERMIT_YES;
}

void __wrap_hufu_uselog_add(struct hufu_uselog *log, enum hufu_use use, const char *origin,
                            int code)
{
    (void)log;
    (void)origin;
    require(use == HUFU_USE_SEE && code == 0);
}

void __wrap_hufu_log(const char *format, ...)
{
    (void)format;
}

/* --- */

static void say(struct event_base *base, const uint8_t *data, size_t len)
{
    fcntl(child, F_SETFL, O_NONBLOCK);
    while (len > 0) {
        ssize_t put = write(child, data, len);
        for (int i = 0; i < 4; i++)
            event_base_loop(base, EVLOOP_NONBLOCK);
        if (put <= 0)
            return;
        data += put;
        len -= (size_t)put;
    }
}

/* Each request is answered once, or waits. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct event_base *base = event_base_new();
    struct hufu_events *events = hufu_events_new(base, NULL, NULL, NULL);
    const uint8_t *end = len ? memchr(data, '\n', len) : NULL;
    size_t body = end ? (size_t)(end - data) : len;
    struct hufu_exchange exchange = {.body = hufu_bytes_of(data, body)};
    require(base && events);
    hufu_events_wait(events, &exchange);
    require(exchange.answers <= 1);
    if (child >= 0 && end)
        say(base, end + 1, len - body - 1);
    require(exchange.answers <= 1);
    if (exchange.answers == 0 && len % 2)
        exchange.gone(exchange.context);
    hufu_events_free(events);
    event_base_free(base);
    if (child >= 0)
        close(child);
    child = -1;
    return 0;
}
