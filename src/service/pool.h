/* hufu-worker processes as hufud sees them: one warm spare, one per page session at work. */
#ifndef HUFU_SERVICE_POOL_H
#define HUFU_SERVICE_POOL_H

#include "base/buf.h"
#include "base/monitor.h"
#include "wire/frame.h"

#include <event2/event.h>

/* Tabs at work at the same moment; a person types one PIN at a time. A bound against fork floods.
 */
#define HUFU_WORKERS_MAX 32

/* The longest a worker may show a window; pinentry itself gives up earlier (card/pin.h). */
#define HUFU_DIALOG_MAX_S 180

struct hufu_pool;
struct hufu_worker;

/* What a worker's owner is told. After `gone` the worker is released: HUFU_E_WORKER_DIED,
 * HUFU_E_DEADLINE, or HUFU_OK when it was retired for being idle. */
struct hufu_worker_owner {
    void *context;
    void (*result)(void *context, const struct hufu_result *result);
    void (*window)(void *context);                 /* a PIN window opened */
    void (*asked)(void *context, unsigned scopes); /* answer with hufu_worker_grant */
    void (*gone)(void *context, enum hufu_status why);
};

/* `monitor` is borrowed and starts HUFU_PROGRAM_WORKER. */
struct hufu_pool *hufu_pool_new(struct event_base *base, struct hufu_monitor *monitor);

/* Ends every worker without telling its owner. */
void hufu_pool_free(struct hufu_pool *pool);

/* Starts the spare when there is none; pages then need not wait for modules to load. HUFU_E_BUSY
 * when HUFU_WORKERS_MAX are running or the system has no room, HUFU_E_START when the program cannot
 * be started at all. */
enum hufu_status hufu_pool_warm_up(struct hufu_pool *pool);

/* A worker that nobody used before; NULL where hufu_pool_warm_up fails. */
struct hufu_worker *hufu_pool_take(struct hufu_pool *pool, struct hufu_worker_owner owner);

/* Sends a frame; its content moves out of `frame` and is wiped when the worker has it. */
void hufu_worker_send(struct hufu_worker *worker, struct hufu_buf *frame);

/* Sends one call, one at a time; the worker has `deadline_s` for it, windows not counted. */
void hufu_worker_call(struct hufu_worker *worker, struct hufu_buf *frame, unsigned deadline_s);

/* Lets a call that asked for scopes go on; the time that this took was not the call's. */
void hufu_worker_grant(struct hufu_worker *worker, unsigned scopes);

/* Lets the worker go when it gets no call within `idle_s`. */
void hufu_worker_rest(struct hufu_worker *worker, unsigned idle_s);

/* Ends the worker, its windows included, and releases it; its owner is not told. */
void hufu_worker_kill(struct hufu_worker *worker);

#endif
