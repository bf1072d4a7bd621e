#include "service/watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/programs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Longer than every line that there is. */
enum { LINE_MAX_BYTES = 16 };

enum { LASTING_MS = 3600 * 1000 };

struct hufu_watch {
    struct event_base *base;
    struct hufu_monitor *monitor;
    hufu_watch_changed *changed;
    void *context;
    struct event *timer;
    struct event *readable;
    int socket; /* -1: it does not run */
    pid_t pid;
    bool keep;
    bool started; /* once at least */
    bool awaited;
    bool spoke;
    bool misunderstood; /* said so */
    int64_t start_ms;
    time_t pause_s;
    size_t len; /* of a line that has not ended; more than `line` holds: one that is too long */
    char line[LINE_MAX_BYTES];
};

/* --- what it says --- */

/* It is ours, but it looks into files of others: what it says is taken by the letter. */
static void hear(struct hufu_watch *watch)
{
    bool is_leaf = watch->len == strlen("leaf") && memcmp(watch->line, "leaf", watch->len) == 0;
    bool is_none = watch->len == strlen("none") && memcmp(watch->line, "none", watch->len) == 0;
    if (!is_leaf && !is_none && !watch->misunderstood) {
        hufu_log("hufu trust watch says what is not understood");
        watch->misunderstood = true;
    }
    watch->spoke = watch->spoke || is_leaf || is_none;
    if (is_leaf && !watch->awaited)
        watch->changed(watch->context);
}

static void hear_byte(struct hufu_watch *watch, char byte)
{
    if (byte == '\n') {
        hear(watch);
        watch->len = 0;
    } else if (watch->len < sizeof watch->line) {
        watch->line[watch->len++] = byte;
    }
}

/* false when it has ended. */
static bool read_some(struct hufu_watch *watch)
{
    char block[LINE_MAX_BYTES * 4];
    ssize_t len = read(watch->socket, block, sizeof block);
    for (ssize_t i = 0; i < len; i++)
        hear_byte(watch, block[i]);
    return len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR));
}

/* --- its life --- */

static void forget(struct hufu_watch *watch)
{
    if (watch->readable)
        event_free(watch->readable);
    if (watch->socket >= 0)
        close(watch->socket);
    watch->readable = NULL;
    watch->socket = -1;
}

static void start_later(struct hufu_watch *watch)
{
    if (!watch->keep)
        return;
    event_add(watch->timer, &(struct timeval){.tv_sec = watch->pause_s});
    watch->pause_s *= 2;
    if (watch->pause_s > HUFU_WATCH_PAUSE_MAX_S)
        watch->pause_s = HUFU_WATCH_PAUSE_MAX_S;
}

static void end(struct hufu_watch *watch)
{
    forget(watch);
    if (hufu_clock_ms() - watch->start_ms > LASTING_MS)
        watch->pause_s = HUFU_WATCH_PAUSE_MIN_S;
    if (watch->keep)
        hufu_log("hufu trust watch has ended, it starts again in %lld s",
                 (long long)watch->pause_s);
    start_later(watch);
}

static void on_readable(evutil_socket_t socket, short events, void *arg)
{
    struct hufu_watch *watch = arg;
    (void)socket;
    (void)events;
    if (!read_some(watch))
        end(watch);
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    hufu_watch_start(arg);
}

/* One that was there before must not make anew what a person took back in the meantime. */
void hufu_watch_start(struct hufu_watch *watch)
{
    if (watch->socket >= 0)
        return;
    watch->socket = hufu_monitor_run(watch->monitor,
                                     watch->started ? HUFU_PROGRAM_WATCH_AGAIN : HUFU_PROGRAM_WATCH,
                                     &watch->pid);
    watch->started = true;
    watch->spoke = watch->misunderstood = false;
    watch->len = 0;
    watch->start_ms = hufu_clock_ms();
    if (watch->socket < 0) {
        hufu_log("cannot start hufu trust watch: %s", strerror(errno));
        start_later(watch);
        return;
    }
    (void)evutil_make_socket_nonblocking(watch->socket);
    watch->readable =
        event_new(watch->base, watch->socket, EV_READ | EV_PERSIST, on_readable, watch);
    if (watch->readable)
        event_add(watch->readable, NULL);
}

void hufu_watch_await(struct hufu_watch *watch, int64_t ms)
{
    int64_t end = hufu_clock_ms() + ms;
    struct pollfd polled = {.fd = watch->socket, .events = POLLIN};
    watch->awaited = true;
    for (int64_t now = hufu_clock_ms(); watch->socket >= 0 && !watch->spoke && now < end;
         now = hufu_clock_ms())
        if (poll(&polled, 1, (int)(end - now)) > 0 && !read_some(watch))
            break; /* the event loop will find the same */
    watch->awaited = false;
}

void hufu_watch_keep(struct hufu_watch *watch, bool keep)
{
    watch->keep = keep;
    if (keep && watch->socket < 0 && !evtimer_pending(watch->timer, NULL))
        event_active(watch->timer, 0, 0);
}

struct hufu_watch *hufu_watch_new(struct event_base *base, struct hufu_monitor *monitor,
                                  hufu_watch_changed *changed, void *context)
{
    struct hufu_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    *watch = (struct hufu_watch){.base = base,
                                 .monitor = monitor,
                                 .changed = changed,
                                 .context = context,
                                 .timer = evtimer_new(base, on_timer, watch),
                                 .socket = -1,
                                 .pause_s = HUFU_WATCH_PAUSE_MIN_S};
    if (watch->timer)
        return watch;
    free(watch);
    return NULL;
}

void hufu_watch_free(struct hufu_watch *watch)
{
    if (!watch)
        return;
    if (watch->socket >= 0)
        hufu_monitor_kill(watch->monitor, watch->pid);
    forget(watch);
    event_free(watch->timer);
    free(watch);
}
