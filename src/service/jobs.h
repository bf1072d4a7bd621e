/* The calls of a session: one after another in its worker, each answered to the request that
 * waits for it. A page that polls (KeepAlive) is told `heartbeat` while its call goes on. */
#ifndef HUFU_SERVICE_JOBS_H
#define HUFU_SERVICE_JOBS_H

#include "service/consent.h"
#include "service/http.h"
#include "service/pool.h"
#include "service/servisign.h"
#include "service/session.h"
#include "sites/uselog.h"

/* A page that blocks sends one call at a time; frames and asynchronous pages a few more. */
#define HUFU_JOBS_PER_SESSION_MAX 8

/* How long a polling page may be silent before its call is taken for abandoned: the page's loop
 * has no pause, so this only has to cover a busy machine. */
#define HUFU_POLL_GRACE_S 15

struct hufu_jobs {
    struct event_base *base;
    struct hufu_pool *pool;
    const struct hufu_config *config;
    struct hufu_uselog *uselog;
    const char *language;
    struct hufu_permits *permits;
    struct hufu_consent *consent;
};

/* Runs the call, or attaches `exchange` to the running call that it polls. Always answers. */
void hufu_jobs_submit(struct hufu_jobs *jobs, struct hufu_session *session,
                      const struct hufu_product *product, const struct hufu_servisign *request,
                      struct hufu_exchange *exchange);

/* Ends all calls and the worker of a session that goes; requests that wait get HUFU_E_SESSION. */
void hufu_jobs_end(struct hufu_session *session);

#endif
