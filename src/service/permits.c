#include "service/permits.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "service/status_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* What a site was allowed for this time, how often it was refused in a row, and when its PIN
 * windows that came to nothing were opened. */
struct visitor {
    char origin[HUFU_ORIGIN_MAX + 1];
    int64_t used_ms;
    unsigned scopes;
    unsigned refusals;
    unsigned window_count;
    int64_t window_ms[HUFU_WINDOWS_FAILED_MAX];
};

struct hufu_permits {
    struct hufu_sites *sites; /* NULL: everything is refused */
    unsigned idle_s;
    bool wrote; /* hufud itself changed the file */
    int watch;
    struct event *changed;
    struct hufu_status_page page;
    size_t count;
    struct visitor visitors[HUFU_VISITORS_MAX];
};

/* --- the table --- */

void hufu_permits_load(struct hufu_permits *permits)
{
    struct hufu_error err = {0};
    struct hufu_sites *sites = NULL;
    if (hufu_sites_load(&sites, &err) != HUFU_OK)
        hufu_error_log("sites", &err);
    hufu_sites_free(permits->sites);
    permits->sites = sites;
}

/* The folder is made where it is missing, or a later change in it would not be seen. */
static void watch(struct hufu_permits *permits)
{
    char folder[PATH_MAX];
    if (permits->watch < 0 || !hufu_sites_folder(folder) || hufu_folder_make(folder, 0700) ||
        inotify_add_watch(permits->watch, folder,
                          IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                              IN_ATTRIB) < 0)
        hufu_log("sites: changes are not seen before a reload");
}

/* Other files of the folder change more often than this one. */
static void on_changed(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_permits *permits = arg;
    _Alignas(struct inotify_event) char block[4096];
    bool ours = false;
    (void)events;
    for (ssize_t len; (len = read(fd, block, sizeof block)) > 0;)
        for (char *at = block; at < block + len;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            ours = ours || event->len == 0 || strcmp(event->name, HUFU_SITES_FILE) == 0;
            at += sizeof *event + event->len;
        }
    if (!ours)
        return;
    hufu_permits_load(permits);
    for (size_t i = 0; !permits->wrote && i < permits->count; i++)
        permits->visitors[i].window_count = 0;
    permits->wrote = false;
}

struct hufu_permits *hufu_permits_new(struct event_base *base, struct hufu_monitor *monitor)
{
    struct hufu_permits *permits = calloc(1, sizeof *permits);
    if (!permits)
        return NULL;
    permits->page.monitor = monitor;
    permits->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    permits->changed = event_new(base, permits->watch, EV_READ | EV_PERSIST, on_changed, permits);
    watch(permits);
    if (permits->changed && permits->watch >= 0)
        event_add(permits->changed, NULL);
    hufu_permits_load(permits);
    return permits;
}

void hufu_permits_free(struct hufu_permits *permits)
{
    if (!permits)
        return;
    if (permits->changed)
        event_free(permits->changed);
    if (permits->watch >= 0)
        close(permits->watch);
    hufu_sites_free(permits->sites);
    free(permits);
}

void hufu_permits_keep_for(struct hufu_permits *permits, unsigned idle_s)
{
    permits->idle_s = idle_s;
}

/* --- visitors --- */

static struct visitor *find(struct hufu_permits *permits, const char *origin)
{
    for (size_t i = 0; i < permits->count; i++)
        if (strcmp(permits->visitors[i].origin, origin) == 0)
            return &permits->visitors[i];
    return NULL;
}

static struct visitor *free_place(struct hufu_permits *permits)
{
    if (permits->count < HUFU_VISITORS_MAX)
        return &permits->visitors[permits->count++];
    struct visitor *quietest = &permits->visitors[0];
    for (size_t i = 1; i < permits->count; i++)
        if (permits->visitors[i].used_ms < quietest->used_ms)
            quietest = &permits->visitors[i];
    return quietest;
}

static struct visitor *visit(struct hufu_permits *permits, const char *origin)
{
    struct visitor *visitor = find(permits, origin);
    if (!visitor) {
        visitor = free_place(permits);
        *visitor = (struct visitor){0};
        snprintf(visitor->origin, sizeof visitor->origin, "%s", origin);
    }
    visitor->used_ms = hufu_clock_ms();
    return visitor;
}

/* --- rights --- */

static unsigned agreed_for_now(struct hufu_permits *permits, const char *origin)
{
    struct visitor *visitor = find(permits, origin);
    int64_t now = hufu_clock_ms();
    if (!visitor || !visitor->scopes)
        return 0;
    if (now - visitor->used_ms > (int64_t)permits->idle_s * 1000)
        visitor->scopes = 0;
    else
        visitor->used_ms = now;
    return visitor->scopes;
}

struct hufu_rights hufu_permits_of(struct hufu_permits *permits, const char *origin)
{
    struct hufu_rights rights = hufu_sites_rights(permits->sites, origin);
    rights.allowed |= agreed_for_now(permits, origin) & ~rights.refused;
    if (permits->sites && hufu_status_page_is(&permits->page, origin))
        rights.allowed |= HUFU_STATUS_PAGE_SCOPES & ~rights.refused;
    return rights;
}

bool hufu_permits_ask(const struct hufu_permits *permits)
{
    return permits->sites && permits->sites->ask;
}

enum hufu_permit hufu_permits_see(struct hufu_permits *permits, const char *origin)
{
    struct hufu_rights rights = hufu_permits_of(permits, origin);
    if (rights.allowed & HUFU_SCOPE_SEE)
        return HUFU_PERMIT_YES;
    return rights.refused & HUFU_SCOPE_SEE || !hufu_permits_ask(permits) ? HUFU_PERMIT_NO
                                                                         : HUFU_PERMIT_UNKNOWN;
}

/* --- answers --- */

static bool keep(struct hufu_permits *permits, enum hufu_sites_change change, const char *origin,
                 unsigned scopes)
{
    struct hufu_error err = {0};
    if (hufu_sites_change(change, origin, scopes, &err) != HUFU_OK) {
        hufu_log("sites: the answer could not be kept: %s", err.detail);
        return false;
    }
    permits->wrote = true;
    hufu_permits_load(permits);
    return true;
}

void hufu_permits_always(struct hufu_permits *permits, const char *origin, unsigned scopes)
{
    if (!keep(permits, HUFU_SITES_ALLOW, origin, scopes))
        hufu_permits_once(permits, origin, scopes);
    else
        visit(permits, origin)->refusals = 0;
}

void hufu_permits_once(struct hufu_permits *permits, const char *origin, unsigned scopes)
{
    struct visitor *visitor = visit(permits, origin);
    visitor->scopes |= scopes;
    visitor->refusals = 0;
}

void hufu_permits_refuse(struct hufu_permits *permits, const char *origin, unsigned scopes)
{
    struct visitor *visitor = visit(permits, origin);
    if (++visitor->refusals < HUFU_REFUSALS_MAX)
        return;
    visitor->refusals = 0;
    if (keep(permits, HUFU_SITES_REFUSE, origin, scopes))
        hufu_log("sites: %s was refused %d times and stays refused; to undo: hufu sites forget %s",
                 origin, HUFU_REFUSALS_MAX, origin);
}

/* --- PIN windows --- */

bool hufu_permits_window(struct hufu_permits *permits, const char *origin)
{
    const struct visitor *visitor = find(permits, origin);
    int64_t since = hufu_clock_ms() - (int64_t)HUFU_WINDOWS_PERIOD_S * 1000;
    return !visitor || visitor->window_count < HUFU_WINDOWS_FAILED_MAX ||
           visitor->window_ms[visitor->window_count % HUFU_WINDOWS_FAILED_MAX] <= since;
}

void hufu_permits_window_opened(struct hufu_permits *permits, const char *origin)
{
    struct visitor *visitor = visit(permits, origin);
    visitor->window_ms[visitor->window_count++ % HUFU_WINDOWS_FAILED_MAX] = hufu_clock_ms();
}

void hufu_permits_window_helped(struct hufu_permits *permits, const char *origin)
{
    visit(permits, origin)->window_count = 0;
}
