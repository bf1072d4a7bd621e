#include "service/events.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/follow.h"
#include "wire/json.h"
#include "wire/readers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* All that JSON makes of a line. */
enum { ANSWER_MAX = 8 * HUFU_LINE_MAX };

/* 2^53: what a number of JavaScript holds exactly. */
enum { EVENT_DIGITS_MAX = 16 };

/* Sites whose visit is in the use log already, and for how long that is one visit. */
enum { VISITS_MAX = 16, VISIT_MS = 30 * 60 * 1000 };

struct visit {
    char origin[HUFU_ORIGIN_MAX + 1];
    int64_t latest_ms;
};

struct waiter {
    TAILQ_ENTRY(waiter) entry;
    struct hufu_events *events;
    struct hufu_exchange *exchange;
    struct event *timer;
    long long after;
};

struct hufu_events {
    struct event_base *base;
    struct hufu_permits *permits;
    struct hufu_uselog *uselog;
    struct hufu_follow *follow;
    size_t waiter_count;
    TAILQ_HEAD(, waiter) waiters;
    long long event; /* the number of what is in `line` */
    struct hufu_line line;
    struct visit visits[VISITS_MAX];
};

/* --- answers --- */

static void fail(struct hufu_exchange *exchange, int http_status, enum hufu_status status)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = ANSWER_MAX};
    hufu_log("refused: status=%d why=events origin=%s", http_status,
             hufu_exchange_origin(exchange));
    hufu_buf_printf(&json, "{\"code\":%d}", hufu_status_code(status));
    hufu_exchange_fail(exchange, http_status, hufu_buf_bytes(&json));
}

/* What a site may do can have changed while it waited. */
static void tell(const struct hufu_events *events, struct hufu_exchange *exchange)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = ANSWER_MAX};
    if (hufu_permits_see(events->permits, hufu_exchange_origin(exchange)) != HUFU_PERMIT_YES)
        hufu_exchange_refuse(exchange);
    else if (hufu_line_write(&events->line, events->event, &json, NULL) != HUFU_OK)
        fail(exchange, 503, HUFU_E_SERVICE_MEMORY);
    else
        hufu_exchange_reply(exchange, hufu_buf_bytes(&json));
}

/* The exchange that it waited with. */
static struct hufu_exchange *release(struct waiter *waiter)
{
    struct hufu_events *events = waiter->events;
    struct hufu_exchange *exchange = waiter->exchange;
    TAILQ_REMOVE(&events->waiters, waiter, entry);
    event_free(waiter->timer);
    free(waiter);
    if (--events->waiter_count == 0)
        hufu_follow_keep(events->follow, false);
    return exchange;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct waiter *waiter = arg;
    struct hufu_events *events = waiter->events;
    (void)fd;
    (void)what;
    tell(events, release(waiter));
}

static void on_gone(void *context)
{
    (void)release(context);
}

/* --- news --- */

static void on_line(void *context, struct hufu_bytes text)
{
    struct hufu_events *events = context;
    struct hufu_line line;
    if (hufu_line_parse(text, &line, NULL) != HUFU_OK) {
        hufu_log("hufu card says what is not understood");
        return;
    }
    if (!hufu_line_equal(&events->line, &line)) {
        events->line = line;
        events->event++;
    }
    struct waiter *waiter = TAILQ_FIRST(&events->waiters);
    while (waiter) {
        struct waiter *next = TAILQ_NEXT(waiter, entry);
        if (waiter->after != events->event)
            tell(events, release(waiter));
        waiter = next;
    }
}

/* --- requests --- */

/* `ret_after` is 0, which no event has, for a page that knows nothing yet. */
static enum hufu_status read_after(struct hufu_bytes body, long long *ret_after)
{
    struct hufu_json *json = NULL;
    HUFU_TRY(hufu_json_parse(body, &json, NULL));
    const struct hufu_json_member *after = hufu_json_find(json, "after");
    size_t len = after ? strlen(after->text) : 0;
    bool valid = !after || (after->type == HUFU_JSON_NUMBER && len <= EVENT_DIGITS_MAX &&
                            strspn(after->text, "0123456789") == len);
    if (valid)
        *ret_after = after ? strtoll(after->text, NULL, 10) : 0;
    hufu_json_free(json);
    return valid ? HUFU_OK : HUFU_E_REQUEST;
}

static size_t count_of_site(const struct hufu_events *events, const char *origin)
{
    const struct waiter *waiter = NULL;
    size_t count = 0;
    TAILQ_FOREACH (waiter, &events->waiters, entry)
        count += strcmp(hufu_exchange_origin(waiter->exchange), origin) == 0;
    return count;
}

/* The use log has one line for a visit, not one for each answer. */
static void note_visit(struct hufu_events *events, const char *origin)
{
    int64_t now = hufu_clock_ms();
    struct visit *visit = &events->visits[0];
    for (size_t i = 0; i < VISITS_MAX; i++) {
        if (strcmp(events->visits[i].origin, origin) == 0) {
            visit = &events->visits[i];
            break;
        }
        if (events->visits[i].latest_ms < visit->latest_ms)
            visit = &events->visits[i];
    }
    bool known = strcmp(visit->origin, origin) == 0 && now - visit->latest_ms < VISIT_MS;
    memcpy(visit->origin, origin, strlen(origin) + 1);
    visit->latest_ms = now;
    if (!known)
        hufu_uselog_add(events->uselog, HUFU_USE_SEE, origin, 0);
}

static struct waiter *add_waiter(struct hufu_events *events, struct hufu_exchange *exchange,
                                 long long after)
{
    struct waiter *waiter = calloc(1, sizeof *waiter);
    if (!waiter)
        return NULL;
    *waiter = (struct waiter){.events = events, .exchange = exchange, .after = after};
    waiter->timer = evtimer_new(events->base, on_timer, waiter);
    if (!waiter->timer) {
        free(waiter);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&events->waiters, waiter, entry);
    events->waiter_count++;
    event_add(waiter->timer, &(struct timeval){.tv_sec = HUFU_EVENTS_WAIT_S});
    return waiter;
}

void hufu_events_wait(struct hufu_events *events, struct hufu_exchange *exchange)
{
    long long after = 0;
    const char *origin = hufu_exchange_origin(exchange);
    if (hufu_permits_see(events->permits, origin) != HUFU_PERMIT_YES) {
        hufu_exchange_refuse(exchange);
        return;
    }
    if (read_after(hufu_exchange_body(exchange), &after) != HUFU_OK) {
        fail(exchange, 400, HUFU_E_REQUEST);
        return;
    }
    note_visit(events, origin);
    if (hufu_follow_is_current(events->follow) && after != events->event) {
        tell(events, exchange);
        return;
    }
    struct waiter *waiter = events->waiter_count < HUFU_EVENTS_WAITERS_MAX &&
                                    count_of_site(events, origin) < HUFU_EVENTS_PER_SITE_MAX
                                ? add_waiter(events, exchange, after)
                                : NULL;
    if (!waiter) {
        fail(exchange, 503, HUFU_E_BUSY);
        return;
    }
    hufu_exchange_watch(exchange, on_gone, waiter);
    hufu_follow_keep(events->follow, true);
}

/* --- life --- */

struct hufu_events *hufu_events_new(struct event_base *base, struct hufu_monitor *monitor,
                                    struct hufu_permits *permits, struct hufu_uselog *uselog)
{
    struct hufu_events *events = calloc(1, sizeof *events);
    if (!events)
        return NULL;
    /* The clock: a page that waited for an earlier hufud has another number. */
    *events = (struct hufu_events){.base = base,
                                   .permits = permits,
                                   .uselog = uselog,
                                   .event = (long long)hufu_clock_ms() + 1,
                                   .line = {.service = "unknown"}};
    TAILQ_INIT(&events->waiters);
    events->follow = hufu_follow_new(base, monitor, on_line, events);
    if (events->follow)
        return events;
    free(events);
    return NULL;
}

void hufu_events_free(struct hufu_events *events)
{
    struct waiter *waiter = NULL;
    if (!events)
        return;
    while ((waiter = TAILQ_FIRST(&events->waiters)))
        hufu_exchange_watch(release(waiter), NULL, NULL);
    hufu_follow_free(events->follow);
    free(events);
}
