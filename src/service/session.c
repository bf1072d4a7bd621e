#include "service/session.h"

#include "wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Kept in the order of their last use: the first one makes room. */
struct hufu_sessions {
    struct event_base *base;
    hufu_session_ended *ended;
    size_t count;
    TAILQ_HEAD(list, hufu_session) list;
};

struct hufu_sessions *hufu_sessions_new(struct event_base *base, hufu_session_ended *ended)
{
    struct hufu_sessions *sessions = calloc(1, sizeof *sessions);
    if (!sessions)
        return NULL;
    sessions->base = base;
    sessions->ended = ended;
    TAILQ_INIT(&sessions->list);
    return sessions;
}

void hufu_sessions_free(struct hufu_sessions *sessions)
{
    if (!sessions)
        return;
    struct hufu_session *session = NULL;
    while ((session = TAILQ_FIRST(&sessions->list)))
        hufu_session_close(session);
    free(sessions);
}

void hufu_session_close(struct hufu_session *session)
{
    struct hufu_sessions *sessions = session->owner;
    sessions->ended(session);
    TAILQ_REMOVE(&sessions->list, session, entry);
    sessions->count--;
    event_free(session->expiry);
    hufu_buf_done(&session->memo);
    free(session);
}

static bool is_quiet(const struct hufu_session *session)
{
    return TAILQ_EMPTY(&session->jobs);
}

static void touch(struct hufu_session *session, unsigned idle_s)
{
    event_add(session->expiry, &(struct timeval){.tv_sec = (time_t)idle_s});
    TAILQ_REMOVE(&session->owner->list, session, entry);
    TAILQ_INSERT_TAIL(&session->owner->list, session, entry);
}

static void on_expiry(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_session *session = arg;
    (void)fd;
    (void)events;
    if (is_quiet(session))
        hufu_session_close(session);
    else
        event_add(session->expiry, &(struct timeval){.tv_sec = 60}); /* a PIN is being typed */
}

static bool make_room(struct hufu_sessions *sessions)
{
    struct hufu_session *session = NULL;
    if (sessions->count < HUFU_SESSIONS_MAX)
        return true;
    TAILQ_FOREACH (session, &sessions->list, entry)
        if (is_quiet(session)) {
            hufu_session_close(session);
            return true;
        }
    return false;
}

static bool fill_id(struct hufu_session *session, const char *id)
{
    if (id) {
        int len = snprintf(session->id, sizeof session->id, "%s", id);
        return len >= 0 && (size_t)len < sizeof session->id;
    }
    uint8_t random[16];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    struct hufu_buf hex;
    hufu_buf_init(&hex, 2 * sizeof random);
    hufu_buf_add_hex(&hex, random, sizeof random);
    bool filled = !hex.failed;
    if (filled)
        memcpy(session->id, hex.data, hex.len + 1);
    hufu_buf_done(&hex);
    return filled;
}

struct hufu_session *hufu_session_open(struct hufu_sessions *sessions, const char *origin,
                                       const struct hufu_product *product, const char *id,
                                       unsigned idle_s)
{
    struct hufu_session *session = make_room(sessions) ? calloc(1, sizeof *session) : NULL;
    if (!session)
        return NULL;
    session->owner = sessions;
    session->expiry = evtimer_new(sessions->base, on_expiry, session);
    if (!session->expiry || !fill_id(session, id)) {
        if (session->expiry)
            event_free(session->expiry);
        free(session);
        return NULL;
    }
    snprintf(session->origin, sizeof session->origin, "%s", origin);
    snprintf(session->product, sizeof session->product, "%s", product->name);
    hufu_buf_init(&session->memo, HUFU_MEMO_MAX);
    TAILQ_INIT(&session->jobs);
    TAILQ_INSERT_TAIL(&sessions->list, session, entry);
    sessions->count++;
    touch(session, idle_s);
    return session;
}

struct hufu_session *hufu_session_find(struct hufu_sessions *sessions, const char *origin,
                                       const struct hufu_product *product, const char *id,
                                       unsigned idle_s)
{
    struct hufu_session *session = NULL;
    TAILQ_FOREACH (session, &sessions->list, entry)
        if (strcmp(session->id, id) == 0 && strcmp(session->origin, origin) == 0 &&
            strcmp(session->product, product->name) == 0) {
            touch(session, idle_s);
            return session;
        }
    return NULL;
}

bool hufu_sessions_at_work(const struct hufu_sessions *sessions)
{
    const struct hufu_session *session = NULL;
    TAILQ_FOREACH (session, &sessions->list, entry)
        if (!is_quiet(session))
            return true;
    return false;
}
