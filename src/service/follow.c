#include "service/follow.h"

#include "base/log.h"
#include "service/programs.h"
#include "wire/readers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hufu_follow {
    struct event_base *base;
    struct hufu_monitor *monitor;
    hufu_follow_line *line;
    void *context;
    struct event *readable;
    struct event *again;  /* until it is started again */
    struct event *linger; /* until it is ended */
    int socket;           /* -1: it does not run */
    pid_t pid;
    bool keep;
    bool spoke;
    bool too_long; /* the line that is coming in */
    time_t pause_s;
    struct hufu_buf text; /* of a line that has not ended */
};

static void forget(struct hufu_follow *follow)
{
    if (follow->readable)
        event_free(follow->readable);
    if (follow->socket >= 0)
        close(follow->socket);
    follow->readable = NULL;
    follow->socket = -1;
    follow->spoke = follow->too_long = false;
    hufu_buf_done(&follow->text);
}

static void start_later(struct hufu_follow *follow)
{
    event_add(follow->again, &(struct timeval){.tv_sec = follow->pause_s});
    follow->pause_s *= 2;
    if (follow->pause_s > HUFU_FOLLOW_PAUSE_MAX_S)
        follow->pause_s = HUFU_FOLLOW_PAUSE_MAX_S;
}

/* --- what it says --- */

static void hear(struct hufu_follow *follow)
{
    if (!follow->too_long && !follow->text.failed) {
        follow->spoke = true;
        follow->pause_s = HUFU_FOLLOW_PAUSE_MIN_S;
        follow->line(follow->context, hufu_buf_bytes(&follow->text));
    }
    follow->too_long = false;
    hufu_buf_clear(&follow->text);
}

static void hear_bytes(struct hufu_follow *follow, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        follow->too_long = follow->too_long || follow->text.len + part > HUFU_LINE_MAX;
        if (!follow->too_long)
            hufu_buf_add(&follow->text, bytes, part);
        if (end)
            hear(follow);
        part += end ? 1 : 0;
        bytes += part;
        len -= part;
    }
}

static void on_readable(evutil_socket_t socket, short events, void *arg)
{
    struct hufu_follow *follow = arg;
    char block[4096];
    (void)events;
    ssize_t len = read(socket, block, sizeof block);
    if (len > 0)
        hear_bytes(follow, block, (size_t)len);
    if (len > 0 || (len < 0 && (errno == EAGAIN || errno == EINTR)))
        return;
    forget(follow);
    if (follow->keep)
        start_later(follow);
}

/* --- its life --- */

static void start(struct hufu_follow *follow)
{
    follow->socket = hufu_monitor_run(follow->monitor, HUFU_PROGRAM_CARD, &follow->pid);
    if (follow->socket < 0) {
        hufu_log("cannot start hufu card: %s", strerror(errno));
        start_later(follow);
        return;
    }
    hufu_buf_init(&follow->text, HUFU_LINE_MAX);
    (void)evutil_make_socket_nonblocking(follow->socket);
    follow->readable =
        event_new(follow->base, follow->socket, EV_READ | EV_PERSIST, on_readable, follow);
    if (follow->readable)
        event_add(follow->readable, NULL);
}

static void stop(struct hufu_follow *follow)
{
    if (follow->socket >= 0)
        hufu_monitor_kill(follow->monitor, follow->pid);
    forget(follow);
}

static void on_again(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_follow *follow = arg;
    (void)fd;
    (void)events;
    if (follow->keep && follow->socket < 0)
        start(follow);
}

static void on_linger(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    stop(arg);
}

void hufu_follow_keep(struct hufu_follow *follow, bool keep)
{
    if (follow->keep && !keep)
        event_add(follow->linger, &(struct timeval){.tv_sec = HUFU_FOLLOW_LINGER_S});
    follow->keep = keep;
    if (!keep)
        return;
    event_del(follow->linger);
    if (follow->socket < 0 && !evtimer_pending(follow->again, NULL))
        start(follow);
}

bool hufu_follow_is_current(const struct hufu_follow *follow)
{
    return follow->socket >= 0 && follow->spoke;
}

struct hufu_follow *hufu_follow_new(struct event_base *base, struct hufu_monitor *monitor,
                                    hufu_follow_line *line, void *context)
{
    struct hufu_follow *follow = calloc(1, sizeof *follow);
    if (!follow)
        return NULL;
    *follow = (struct hufu_follow){.base = base,
                                   .monitor = monitor,
                                   .line = line,
                                   .context = context,
                                   .again = evtimer_new(base, on_again, follow),
                                   .linger = evtimer_new(base, on_linger, follow),
                                   .socket = -1,
                                   .pause_s = HUFU_FOLLOW_PAUSE_MIN_S};
    if (follow->again && follow->linger)
        return follow;
    hufu_follow_free(follow);
    return NULL;
}

void hufu_follow_free(struct hufu_follow *follow)
{
    if (!follow)
        return;
    stop(follow);
    if (follow->again)
        event_free(follow->again);
    if (follow->linger)
        event_free(follow->linger);
    free(follow);
}
