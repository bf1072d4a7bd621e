#include "service/service.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/peer.h"
#include "base/systemd.h"
#include "service/calls.h"
#include "service/config.h"
#include "service/confinement.h"
#include "service/connections.h"
#include "service/consent.h"
#include "service/dispatch.h"
#include "service/events.h"
#include "service/handshake.h"
#include "service/http.h"
#include "service/jobs.h"
#include "service/listen.h"
#include "service/mailbox.h"
#include "service/permits.h"
#include "service/pool.h"
#include "service/programs.h"
#include "service/reload.h"
#include "service/session.h"
#include "service/shutdown.h"
#include "service/takeover.h"
#include "service/watch.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct service {
    const char *data_folder;
    struct hufu_monitor *monitor;
    struct event_base *base;
    struct hufu_permits *permits;
    struct hufu_suggestions *suggestions;
    struct hufu_consent *consent;
    struct hufu_uselog *uselog;
    struct hufu_handshakes *handshakes;
    struct hufu_http *http;
    struct hufu_connections *connections; /* of http */
    struct hufu_dispatch *dispatch;       /* NULL where no dispatcher can be */
    struct hufu_listeners *listeners;
    struct hufu_sessions *sessions;
    struct hufu_mailboxes *mailboxes;
    struct hufu_pool *pool;
    struct hufu_watch *watch;
    struct hufu_events *events;
    struct hufu_jobs jobs;
    struct hufu_calls calls;
    struct hufu_reload reload;
    struct hufu_shutdown *shutdown;
    struct event *reload_signal;
    struct event *child_ended;
    struct event *alive; /* says so to systemd */
    int64_t watchdog_us; /* how often; 0 when nobody asks */
    uint16_t first_port; /* of the map */
    bool failed;
};

/* --- signals --- */

static void on_reload(evutil_socket_t signal, short events, void *arg)
{
    struct service *service = arg;
    (void)signal;
    (void)events;
    if (service->listeners) /* else it is stopping, and has no ports any more */
        hufu_reload_again(&service->reload);
}

static void close_ports(void *context)
{
    struct service *service = context;
    hufu_listeners_free(HUFU_TAKE(service->listeners));
    hufu_dispatch_free(HUFU_TAKE(service->dispatch));
}

/* hufud's only child is its monitor; without it no worker starts again. systemd starts us anew. */
static void on_child_ended(evutil_socket_t signal, short events, void *arg)
{
    struct service *service = arg;
    (void)signal;
    (void)events;
    if (!hufu_monitor_has_ended(service->monitor))
        return;
    hufu_log("the monitor has ended");
    service->failed = true;
    event_base_loopbreak(service->base);
}

static bool catch_signals(struct service *service)
{
    signal(SIGPIPE, SIG_IGN);
    service->shutdown = hufu_shutdown_new(service->base, service->sessions, service->connections,
                                          close_ports, service);
    service->reload_signal = evsignal_new(service->base, SIGHUP, on_reload, service);
    service->child_ended = evsignal_new(service->base, SIGCHLD, on_child_ended, service);
    return service->shutdown && service->reload_signal && service->child_ended &&
           event_add(service->reload_signal, NULL) == 0 &&
           event_add(service->child_ended, NULL) == 0;
}

/* Whoever waits for this knows that the loop turns. */
static void on_alive(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    (void)arg;
    hufu_systemd_notify("WATCHDOG=1");
}

static bool show_life(struct service *service)
{
    const struct timeval every = {.tv_sec = service->watchdog_us / 1000000,
                                  .tv_usec = service->watchdog_us % 1000000};
    if (!service->watchdog_us)
        return true;
    service->alive = event_new(service->base, -1, EV_PERSIST, on_alive, NULL);
    return service->alive && event_add(service->alive, &every) == 0;
}

/* --- life --- */

/* With a change list, what a request switches on and off again costs no system call. No descriptor
 * of ours is a duplicate of another, which that would not survive. */
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;
    if (config && event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
        base = event_base_new_with_config(config);
    if (config)
        event_config_free(config);
    return base;
}

/* Their list only changes what windows say, so nothing ends for it. */
static struct hufu_suggestions *load_suggestions(const char *data_folder)
{
    struct hufu_suggestions *suggestions = NULL;
    struct hufu_error err = {0};
    if (hufu_suggestions_load(data_folder, &suggestions, &err) != HUFU_OK)
        hufu_error_log("suggestions", &err);
    return suggestions;
}

static bool build_consent(struct service *service, enum hufu_language language)
{
    service->permits = hufu_permits_new(service->base, service->monitor);
    service->suggestions = load_suggestions(service->data_folder);
    if (service->permits)
        service->consent = hufu_consent_new(service->base, service->monitor, service->permits,
                                            service->suggestions, service->uselog, language);
    return service->consent != NULL;
}

static bool build_http(struct service *service)
{
    service->sessions = hufu_sessions_new(service->base, hufu_jobs_end);
    service->http =
        hufu_http_new(service->base, hufu_calls_permit, hufu_calls_handle, &service->calls);
    if (service->http)
        service->connections = hufu_http_connections(service->http);
    return service->sessions && service->http;
}

static bool build(struct service *service)
{
    service->base = new_base();
    if (!service->base || !build_http(service) || !catch_signals(service) || !show_life(service))
        return false;
    enum hufu_language language = hufu_language_of_environment();
    service->uselog = hufu_uselog_new();
    if (!build_consent(service, language))
        return false;
    service->handshakes = hufu_handshakes_new(service->monitor, service->uselog);
    if (!hufu_peer_open()) /* every connection would be refused; it says so each time */
        hufu_log("the kernel does not tell whose connections are (NETLINK_SOCK_DIAG)");
    service->pool = hufu_pool_new(service->base, service->monitor);
    service->watch =
        hufu_watch_new(service->base, service->monitor, hufu_reload_certificate, &service->reload);
    service->events =
        hufu_events_new(service->base, service->monitor, service->permits, service->uselog);
    service->mailboxes = hufu_mailboxes_new();
    if (!service->uselog || !service->handshakes || !service->pool || !service->watch ||
        !service->events || !service->mailboxes)
        return false;
    service->dispatch = hufu_dispatch_new(service->base, service->connections);
    service->listeners =
        hufu_listeners_new(service->connections, service->monitor, service->dispatch);
    service->jobs = (struct hufu_jobs){.base = service->base,
                                       .pool = service->pool,
                                       .uselog = service->uselog,
                                       .language = language == HUFU_LANGUAGE_ZH_TW ? "zh-TW" : "en",
                                       .permits = service->permits,
                                       .consent = service->consent};
    service->calls = (struct hufu_calls){.sessions = service->sessions,
                                         .mailboxes = service->mailboxes,
                                         .jobs = &service->jobs,
                                         .permits = service->permits,
                                         .consent = service->consent,
                                         .events = service->events};
    service->reload = (struct hufu_reload){.data_folder = service->data_folder,
                                           .handshakes = service->handshakes,
                                           .watch = service->watch,
                                           .connections = service->connections,
                                           .listeners = service->listeners,
                                           .permits = service->permits,
                                           .jobs = &service->jobs,
                                           .calls = &service->calls};
    return service->listeners != NULL;
}

static void tear_down(struct service *service)
{
    hufu_listeners_free(service->listeners);
    hufu_dispatch_free(service->dispatch);
    hufu_consent_free(service->consent);
    hufu_sessions_free(service->sessions);
    hufu_events_free(service->events);
    hufu_http_free(service->http);
    hufu_pool_free(service->pool);
    hufu_watch_free(service->watch);
    hufu_mailboxes_free(service->mailboxes);
    hufu_permits_free(service->permits);
    hufu_suggestions_free(service->suggestions);
    hufu_shutdown_free(service->shutdown);
    struct event *events[] = {service->reload_signal, service->child_ended, service->alive};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i])
            event_free(events[i]);
    if (service->base)
        event_base_free(service->base);
    hufu_handshakes_free(service->handshakes);
    hufu_uselog_free(service->uselog);
    hufu_config_free(service->reload.config);
    hufu_monitor_free(service->monitor);
}

/* The monitor first: what is forked off later would hold more. */
static enum hufu_status prepare(struct service *service, struct hufu_error *err)
{
    struct hufu_config *config = NULL;
    HUFU_TRY(hufu_reload_first(service->data_folder, &config, err));
    service->first_port = config->products[0].ports[0];
    service->monitor = hufu_programs_start(config->at_start.pinentry);
    if (service->monitor && build(service))
        return hufu_reload_use(&service->reload, config, err);
    hufu_config_free(config);
    return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "start");
}

/* Whether the ports that it did not get are in good hands. */
static bool is_late(const struct service *service)
{
    return service->first_port && hufu_takeover_is_late(service->first_port);
}

int hufu_service_run(const char *data_folder, int64_t watchdog_us)
{
    struct service service = {
        .data_folder = data_folder, .watchdog_us = watchdog_us, .failed = true};
    struct hufu_error err = {0};
    if (prepare(&service, &err) != HUFU_OK) {
        service.failed = err.status != HUFU_E_START || !is_late(&service);
        if (service.failed)
            hufu_error_log("cannot start", &err);
        else
            hufu_systemd_notify("READY=1");
    } else {
        hufu_service_confine(data_folder);
        hufu_systemd_notify("READY=1");
        hufu_log("ready on %zu products", service.reload.config->product_count);
        hufu_pool_warm_up(service.pool);
        service.failed = false;
        event_base_dispatch(service.base);
        hufu_log("stopped");
    }
    tear_down(&service);
    return service.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
