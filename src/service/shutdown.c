#include "service/shutdown.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/systemd.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

/* How long the end waits for pages that are slow to read an answer that is ready for them. */
enum { DRAIN_ANSWERS_MS = 5000 };

struct hufu_shutdown {
    struct event_base *base;
    const struct hufu_sessions *sessions;
    const struct hufu_connections *connections;
    hufu_shutdown_begun *begun;
    void *context;
    struct event *stop_signals[2];
    struct event *drain;
    bool drains;
    int64_t end_ms; /* for answers; calls have their own deadlines */
};

static void on_drain(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_shutdown *shutdown = arg;
    (void)fd;
    (void)events;
    if (hufu_sessions_at_work(shutdown->sessions))
        shutdown->end_ms = hufu_clock_ms() + DRAIN_ANSWERS_MS;
    else if (!hufu_connections_are_sending(shutdown->connections) ||
             hufu_clock_ms() >= shutdown->end_ms)
        event_base_loopbreak(shutdown->base);
}

static bool is_at_work(const struct hufu_shutdown *shutdown)
{
    return hufu_sessions_at_work(shutdown->sessions) ||
           hufu_connections_are_sending(shutdown->connections);
}

static void on_stop(evutil_socket_t signal, short events, void *arg)
{
    struct hufu_shutdown *shutdown = arg;
    (void)signal;
    (void)events;
    if (shutdown->drains || !is_at_work(shutdown)) {
        event_base_loopbreak(shutdown->base);
        return;
    }
    shutdown->drains = true;
    shutdown->begun(shutdown->context); /* who reads the line finds the ports closed */
    hufu_log("stopping after the running calls");
    hufu_systemd_notify("STOPPING=1");
    shutdown->end_ms = hufu_clock_ms() + DRAIN_ANSWERS_MS;
    event_add(shutdown->drain, &(struct timeval){.tv_usec = 100000});
}

struct hufu_shutdown *hufu_shutdown_new(struct event_base *base,
                                        const struct hufu_sessions *sessions,
                                        const struct hufu_connections *connections,
                                        hufu_shutdown_begun *begun, void *context)
{
    struct hufu_shutdown *shutdown = calloc(1, sizeof *shutdown);
    if (!shutdown)
        return NULL;
    *shutdown =
        (struct hufu_shutdown){.base = base,
                               .sessions = sessions,
                               .connections = connections,
                               .begun = begun,
                               .context = context,
                               .stop_signals = {evsignal_new(base, SIGTERM, on_stop, shutdown),
                                                evsignal_new(base, SIGINT, on_stop, shutdown)},
                               .drain = event_new(base, -1, EV_PERSIST, on_drain, shutdown)};
    if (shutdown->stop_signals[0] && shutdown->stop_signals[1] && shutdown->drain &&
        event_add(shutdown->stop_signals[0], NULL) == 0 &&
        event_add(shutdown->stop_signals[1], NULL) == 0)
        return shutdown;
    hufu_shutdown_free(shutdown);
    return NULL;
}

void hufu_shutdown_free(struct hufu_shutdown *shutdown)
{
    if (!shutdown)
        return;
    struct event *events[] = {shutdown->stop_signals[0], shutdown->stop_signals[1],
                              shutdown->drain};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i])
            event_free(events[i]);
    free(shutdown);
}
