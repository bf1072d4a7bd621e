/* What a page left with us between its calls, keyed by its origin, its product and an id that
 * nobody can guess. Sessions end by themselves: pages seldom say goodbye. */
#ifndef HUFU_SERVICE_SESSION_H
#define HUFU_SERVICE_SESSION_H

#include "base/buf.h"
#include "service/config.h"
#include "wire/origin.h"

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

/* Five hundred tabs; beyond, the one that was quiet longest makes room. */
#define HUFU_SESSIONS_MAX 512

enum { HUFU_SESSION_ID_BYTES = 33 }; /* 128 random bits in hex, and a NUL */

struct hufu_job;
struct hufu_sessions;
struct hufu_worker;

/* `jobs`, `running` and `worker` belong to jobs.c. */
struct hufu_session {
    TAILQ_ENTRY(hufu_session) entry;
    struct hufu_sessions *owner;
    struct event *expiry;
    char id[HUFU_NAME_BYTES];
    char origin[HUFU_ORIGIN_MAX + 1];
    char product[HUFU_NAME_BYTES];
    bool seen;     /* its looks for a card are in the use log: once is enough, as pages poll */
    int last_code; /* of the latest component call: what get_lastError answers */
    struct hufu_buf memo;
    TAILQ_HEAD(, hufu_job) jobs;
    struct hufu_job *running;
    struct hufu_worker *worker;
};

/* `ended` is called for each session that goes, to end its jobs and its worker. */
typedef void hufu_session_ended(struct hufu_session *session);
struct hufu_sessions *hufu_sessions_new(struct event_base *base, hufu_session_ended *ended);
void hufu_sessions_free(struct hufu_sessions *sessions);

/* A new session with a random id, or with `id` when it is not NULL (a browser's name, or ""
 * after ForceRelease). NULL when out of memory or all of them are at work. */
struct hufu_session *hufu_session_open(struct hufu_sessions *sessions, const char *origin,
                                       const struct hufu_product *product, const char *id,
                                       unsigned idle_s);

/* The session that all three keys name; NULL when one differs. Its time starts anew. */
struct hufu_session *hufu_session_find(struct hufu_sessions *sessions, const char *origin,
                                       const struct hufu_product *product, const char *id,
                                       unsigned idle_s);

void hufu_session_close(struct hufu_session *session);

/* Whether any session has a call that was not answered yet. */
bool hufu_sessions_at_work(const struct hufu_sessions *sessions);

#endif
