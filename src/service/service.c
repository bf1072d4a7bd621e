#include "service/service.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
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
#include "service/session.h"
#include "service/takeover.h"
#include "service/tls.h"
#include "service/watch.h"
#include "wire/problems.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long the end waits for pages that are slow to read an answer that is ready for them. */
enum { DRAIN_ANSWERS_MS = 5000 };

struct service {
    const char *data_folder;
    struct hufu_monitor *monitor; /* numbers of its programs: programs.h */
    struct event_base *base;
    struct hufu_config *config;
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
    struct event *stop_signals[2];
    struct event *reload_signal;
    struct event *child_ended;
    struct event *drain;
    struct event *alive;  /* says so to systemd */
    int64_t watchdog_us;  /* how often; 0 when nobody asks */
    uint16_t first_port;  /* of the map that was tried last */
    int64_t drain_end_ms; /* for answers; calls have their own deadlines */
    bool failed;
};

/* --- configuration and certificate --- */

/* A usable certificate is served at once. Where there is none, watch makes it: it knows the
 * browsers, and hufud writes no keys. */
static enum hufu_status load_tls(struct service *service, unsigned oldest, SSL_CTX **ret_tls,
                                 struct hufu_error *err)
{
    SSL_CTX *tls = NULL;
    if (hufu_tls_new(oldest, service->handshakes, &tls, NULL) == HUFU_OK &&
        hufu_tls_is_fresh(tls)) {
        *ret_tls = tls;
        return HUFU_OK;
    }
    hufu_tls_free(tls);
    hufu_watch_start(service->watch);
    hufu_watch_await(service->watch, HUFU_WATCH_FIRST_MS);
    return hufu_tls_new(oldest, service->handshakes, ret_tls, err);
}

/* watch says that there is another certificate. */
static void on_leaf(void *context)
{
    struct service *service = context;
    struct hufu_error err = {0};
    SSL_CTX *tls = NULL;
    if (hufu_tls_new(service->config->tls_oldest, service->handshakes, &tls, &err) != HUFU_OK)
        hufu_error_log("the new certificate cannot be used, the old one stays", &err);
    else
        hufu_connections_configure(service->connections, tls);
    hufu_tls_free(tls);
}

/* The page that systemd started us for may be in a browser that came when no hufud ran: it would
 * refuse us, and go on to do so until it is closed. */
static void trust_first(struct service *service, const struct hufu_config *config)
{
    if (!hufu_systemd_is_activated() || !config->at_start.keep_trust)
        return;
    hufu_watch_start(service->watch);
    hufu_watch_await(service->watch, HUFU_WATCH_TRUST_MS);
}

/* Replaces what is in use by `config`, or releases it. */
static enum hufu_status configure(struct service *service, struct hufu_config *config,
                                  struct hufu_error *err)
{
    SSL_CTX *tls = NULL;
    trust_first(service, config);
    enum hufu_status status = load_tls(service, config->tls_oldest, &tls, err);
    service->first_port = config->products[0].ports[0];
    if (status == HUFU_OK && hufu_listeners_update(service->listeners, config) == 0)
        status = hufu_fail(err, HUFU_E_START, "every port is taken");
    if (status != HUFU_OK) {
        hufu_tls_free(tls);
        hufu_config_free(config);
        return status;
    }
    hufu_connections_configure(service->connections, tls);
    hufu_permits_keep_for(service->permits, config->session_idle_s);
    hufu_tls_free(tls);
    service->calls.config = config;
    service->jobs.config = config;
    hufu_config_free(service->config);
    service->config = config;
    hufu_log_debugging(config->at_start.debug);
    hufu_watch_keep(service->watch, config->at_start.keep_trust);
    if (config->tls_oldest < 2)
        hufu_log("warning: hufu.ini allows TLS 1.%u, which is not secure", config->tls_oldest);
    return HUFU_OK;
}

/* Each mistake in words, behind what follows from it; they are kept for who looks later. */
static void tell_problems(const char *what, const struct hufu_problems *problems)
{
    int problem = hufu_problems_write(problems);
    if (problem && problems->count)
        hufu_log("the file of problems cannot be written: %s", strerror(problem));
    for (size_t i = 0; i < problems->count; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_PROBLEM_TEXT_MAX};
        hufu_problem_text(&problems->items[i], HUFU_LANGUAGE_EN, &text);
        hufu_log("%s: %s", what, hufu_buf_text(&text));
    }
}

/* Reads everything anew and only then replaces what is in use. */
static bool reload(struct service *service)
{
    static const char failed[] = "reload failed, the old configuration stays";
    struct hufu_error err = {0};
    struct hufu_config *config = NULL;
    HUFU_AUTO(hufu_free) struct hufu_problems *problems = calloc(1, sizeof *problems);
    if (!problems)
        return false;
    enum hufu_status status = hufu_config_load(service->data_folder, &config, problems, &err);
    tell_problems(failed, problems);
    if (status == HUFU_OK)
        status = configure(service, config, &err);
    if (status != HUFU_OK && problems->count == 0)
        hufu_error_log(failed, &err);
    return status == HUFU_OK;
}

/* --- signals --- */

static void on_reload(evutil_socket_t signal, short events, void *arg)
{
    struct service *service = arg;
    (void)signal;
    (void)events;
    if (!service->listeners) /* it is stopping: there is no port to read anew */
        return;
    hufu_systemd_notify("RELOADING=1");
    hufu_permits_load(service->permits);
    if (reload(service))
        hufu_log("reloaded");
    hufu_systemd_notify("READY=1");
}

static void on_drain(evutil_socket_t fd, short events, void *arg)
{
    struct service *service = arg;
    (void)fd;
    (void)events;
    if (hufu_sessions_at_work(service->sessions))
        service->drain_end_ms = hufu_clock_ms() + DRAIN_ANSWERS_MS;
    else if (!hufu_connections_are_sending(service->connections) ||
             hufu_clock_ms() >= service->drain_end_ms)
        event_base_loopbreak(service->base);
}

static bool is_at_work(const struct service *service)
{
    return hufu_sessions_at_work(service->sessions) ||
           hufu_connections_are_sending(service->connections);
}

/* The first signal finishes the running calls, the second one does not wait for them. */
static void on_stop(evutil_socket_t signal, short events, void *arg)
{
    struct service *service = arg;
    (void)signal;
    (void)events;
    if (!service->listeners || !is_at_work(service)) {
        event_base_loopbreak(service->base);
        return;
    }
    hufu_listeners_free(HUFU_TAKE(service->listeners)); /* who reads the line finds them closed */
    hufu_dispatch_free(HUFU_TAKE(service->dispatch));
    hufu_log("stopping after the running calls");
    hufu_systemd_notify("STOPPING=1");
    service->drain_end_ms = hufu_clock_ms() + DRAIN_ANSWERS_MS;
    event_add(service->drain, &(struct timeval){.tv_usec = 100000});
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
    service->stop_signals[0] = evsignal_new(service->base, SIGTERM, on_stop, service);
    service->stop_signals[1] = evsignal_new(service->base, SIGINT, on_stop, service);
    service->reload_signal = evsignal_new(service->base, SIGHUP, on_reload, service);
    service->child_ended = evsignal_new(service->base, SIGCHLD, on_child_ended, service);
    service->drain = event_new(service->base, -1, EV_PERSIST, on_drain, service);
    return service->stop_signals[0] && service->stop_signals[1] && service->reload_signal &&
           service->child_ended && service->drain &&
           event_add(service->stop_signals[0], NULL) == 0 &&
           event_add(service->stop_signals[1], NULL) == 0 &&
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

static bool build(struct service *service)
{
    service->base = new_base();
    if (!service->base || !catch_signals(service) || !show_life(service))
        return false;
    enum hufu_language language = hufu_language_of_environment();
    service->uselog = hufu_uselog_new();
    if (!build_consent(service, language))
        return false;
    service->handshakes = hufu_handshakes_new(service->monitor, service->uselog);
    if (!hufu_peer_open()) /* every connection would be refused; it says so each time */
        hufu_log("the kernel does not tell whose connections are (NETLINK_SOCK_DIAG)");
    service->pool = hufu_pool_new(service->base, service->monitor);
    service->watch = hufu_watch_new(service->base, service->monitor, on_leaf, service);
    service->events =
        hufu_events_new(service->base, service->monitor, service->permits, service->uselog);
    service->sessions = hufu_sessions_new(service->base, hufu_jobs_end);
    service->mailboxes = hufu_mailboxes_new();
    service->http =
        hufu_http_new(service->base, hufu_calls_permit, hufu_calls_handle, &service->calls);
    if (!service->uselog || !service->handshakes || !service->pool || !service->watch ||
        !service->events || !service->sessions || !service->mailboxes || !service->http)
        return false;
    service->connections = hufu_http_connections(service->http);
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
    struct event *events[] = {service->stop_signals[0], service->stop_signals[1],
                              service->reload_signal,   service->child_ended,
                              service->drain,           service->alive};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (events[i])
            event_free(events[i]);
    if (service->base)
        event_base_free(service->base);
    hufu_handshakes_free(service->handshakes);
    hufu_uselog_free(service->uselog);
    hufu_config_free(service->config);
    hufu_monitor_free(service->monitor);
}

static struct hufu_monitor *start_monitor(const struct hufu_settings *settings)
{
    static const char *const worker_arguments[] = {"hufu-worker", NULL};
    static const char *const pinentry_arguments[] = {"pinentry", NULL};
    static const char *const watch_arguments[] = {"hufu", "trust", "watch", NULL};
    static const char *const card_arguments[] = {"hufu", "card", "--json", "--follow", NULL};
    static const char *const again_arguments[] = {"hufu", "trust", "watch", "--again", NULL};
    char worker[PATH_MAX];
    char hufu[PATH_MAX];
    const struct hufu_monitor_program programs[] = {
        [HUFU_PROGRAM_WORKER] = {worker, worker_arguments, .talks_on_stdout = false},
        [HUFU_PROGRAM_PINENTRY] = {settings->pinentry, pinentry_arguments, .talks_on_stdout = true,
                                   .opens_window = true},
        [HUFU_PROGRAM_WATCH] = {hufu, watch_arguments, .talks_on_stdout = true},
        [HUFU_PROGRAM_WATCH_AGAIN] = {hufu, again_arguments, .talks_on_stdout = true},
        [HUFU_PROGRAM_CARD] = {hufu, card_arguments, .talks_on_stdout = true},
    };
    if (!hufu_path_beside(worker, "hufu-worker") || !hufu_path_beside(hufu, "hufu"))
        return NULL;
    return hufu_monitor_start(programs, sizeof programs / sizeof programs[0]);
}

/* The monitor first: what is forked off later would hold more. */
static enum hufu_status prepare(struct service *service, struct hufu_error *err)
{
    struct hufu_config *config = NULL;
    HUFU_AUTO(hufu_free) struct hufu_problems *problems = calloc(1, sizeof *problems);
    if (!problems)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "start");
    enum hufu_status status = hufu_config_load_rest(service->data_folder, &config, problems, err);
    tell_problems("every call is refused (61905) until this is mended and read again", problems);
    HUFU_TRY(status);
    *err = (struct hufu_error){0}; /* of mistakes, which have been told */
    service->monitor = start_monitor(&config->at_start);
    if (service->monitor && build(service))
        return configure(service, config, err);
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
        hufu_log("ready on %zu products", service.config->product_count);
        hufu_pool_warm_up(service.pool);
        service.failed = false;
        event_base_dispatch(service.base);
        hufu_log("stopped");
    }
    tear_down(&service);
    return service.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
