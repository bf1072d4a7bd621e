#include "service/pool.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "service/channel.h"
#include "service/programs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum state { STATE_FRESH, STATE_CALLED, STATE_ASKING, STATE_RESTING };

struct hufu_worker {
    LIST_ENTRY(hufu_worker) entry;
    struct hufu_pool *pool;
    struct hufu_worker_owner owner;
    pid_t pid;
    enum state state;
    unsigned deadline_s;
    struct hufu_channel *channel;
    struct event *timer;
};

struct hufu_pool {
    struct event_base *base;
    struct hufu_monitor *monitor;
    struct hufu_worker *spare;
    size_t count;
    LIST_HEAD(, hufu_worker) workers;
};

/* --- starting --- */

static void on_frame(void *context, struct hufu_bytes frame);
static void on_broken(void *context);
static void on_timer(evutil_socket_t fd, short events, void *arg);

static void release(struct hufu_worker *worker)
{
    LIST_REMOVE(worker, entry);
    worker->pool->count--;
    if (worker->pool->spare == worker)
        worker->pool->spare = NULL;
    if (worker->timer)
        event_free(worker->timer);
    hufu_channel_free(worker->channel);
    free(worker);
}

/* Attaches the loop to a worker that runs; takes `socket`. False leaves nothing behind but the
 * process. */
static bool attach(struct hufu_worker *worker, int socket)
{
    const struct hufu_channel_owner owner = {
        .context = worker, .frame = on_frame, .broken = on_broken};
    worker->timer = evtimer_new(worker->pool->base, on_timer, worker);
    worker->channel = hufu_channel_new(worker->pool->base, socket, owner);
    return worker->timer && worker->channel;
}

/* What passes when other programs end is no reason to look at the installation. */
static enum hufu_status reason_of(int problem)
{
    bool passes = problem == EAGAIN || problem == ENOMEM || problem == EMFILE || problem == ENFILE;
    return passes ? HUFU_E_BUSY : HUFU_E_START;
}

static enum hufu_status start(struct hufu_pool *pool, struct hufu_worker **ret_worker)
{
    if (pool->count >= HUFU_WORKERS_MAX)
        return HUFU_E_BUSY;
    HUFU_AUTO(hufu_free) struct hufu_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return HUFU_E_BUSY;
    int socket = hufu_monitor_run(pool->monitor, HUFU_PROGRAM_WORKER, &worker->pid);
    if (socket < 0) {
        int problem = errno;
        hufu_log("cannot start a worker: %s", strerror(problem));
        return reason_of(problem);
    }
    hufu_log_debug("worker %d started", worker->pid);
    worker->pool = pool;
    LIST_INSERT_HEAD(&pool->workers, worker, entry);
    pool->count++;
    struct hufu_worker *started = HUFU_TAKE(worker);
    if (attach(started, socket)) {
        *ret_worker = started;
        return HUFU_OK;
    }
    hufu_worker_kill(started);
    return HUFU_E_BUSY;
}

struct hufu_pool *hufu_pool_new(struct event_base *base, struct hufu_monitor *monitor)
{
    struct hufu_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->base = base;
    pool->monitor = monitor;
    LIST_INIT(&pool->workers);
    return pool;
}

void hufu_pool_free(struct hufu_pool *pool)
{
    if (!pool)
        return;
    struct hufu_worker *worker = NULL;
    while ((worker = LIST_FIRST(&pool->workers)))
        hufu_worker_kill(worker);
    free(pool);
}

enum hufu_status hufu_pool_warm_up(struct hufu_pool *pool)
{
    return pool->spare ? HUFU_OK : start(pool, &pool->spare);
}

struct hufu_worker *hufu_pool_take(struct hufu_pool *pool, struct hufu_worker_owner owner)
{
    (void)hufu_pool_warm_up(pool);
    struct hufu_worker *worker = HUFU_TAKE(pool->spare);
    if (worker)
        worker->owner = owner;
    return worker;
}

/* --- ending --- */

void hufu_worker_kill(struct hufu_worker *worker)
{
    hufu_monitor_kill(worker->pool->monitor, worker->pid);
    release(worker);
}

static void end(struct hufu_worker *worker, enum hufu_status why)
{
    struct hufu_worker_owner owner = worker->owner;
    if (why != HUFU_OK)
        hufu_log("worker ended: %s", hufu_status_text(why, HUFU_LANGUAGE_EN));
    hufu_worker_kill(worker);
    if (owner.gone)
        owner.gone(owner.context, why);
}

static void set_timer(struct hufu_worker *worker, unsigned seconds)
{
    event_add(worker->timer, &(struct timeval){.tv_sec = (time_t)seconds});
}

static void on_timer(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_worker *worker = arg;
    (void)fd;
    (void)events;
    end(worker, worker->state == STATE_RESTING ? HUFU_OK : HUFU_E_DEADLINE);
}

/* Workers die with the monitor, and the loop may hear of them first. Then it is hufud that ends,
 * in this turn of the loop, and that is what their pages are told. */
static void on_broken(void *context)
{
    const struct hufu_worker *worker = context;
    if (!hufu_monitor_has_ended(worker->pool->monitor))
        end(context, HUFU_E_WORKER_DIED);
}

/* --- talking --- */

void hufu_worker_send(struct hufu_worker *worker, struct hufu_buf *frame)
{
    hufu_channel_send(worker->channel, frame);
}

void hufu_worker_call(struct hufu_worker *worker, struct hufu_buf *frame, unsigned deadline_s)
{
    worker->state = STATE_CALLED;
    worker->deadline_s = deadline_s;
    set_timer(worker, deadline_s);
    hufu_worker_send(worker, frame);
}

void hufu_worker_rest(struct hufu_worker *worker, unsigned idle_s)
{
    worker->state = STATE_RESTING;
    set_timer(worker, idle_s);
}

void hufu_worker_grant(struct hufu_worker *worker, unsigned scopes)
{
    struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    worker->state = STATE_CALLED;
    set_timer(worker, worker->deadline_s);
    if (hufu_frame_put_grant(&frame, &(struct hufu_scopes){scopes}, NULL) == HUFU_OK)
        hufu_worker_send(worker, &frame);
    hufu_buf_done(&frame);
}

static void show_window(struct hufu_worker *worker, bool open)
{
    set_timer(worker, open ? HUFU_DIALOG_MAX_S : worker->deadline_s);
    if (open)
        worker->owner.window(worker->owner.context);
}

static void ask(struct hufu_worker *worker, unsigned scopes)
{
    worker->state = STATE_ASKING;
    event_del(worker->timer);
    worker->owner.asked(worker->owner.context, scopes);
}

/* false when the worker said something it may not say. */
static bool understand(struct hufu_worker *worker, struct hufu_bytes frame)
{
    struct hufu_result result;
    struct hufu_dialog dialog;
    struct hufu_scopes needed;
    if (worker->state != STATE_CALLED)
        return false;
    if (hufu_frame_get_dialog(frame, &dialog, NULL) == HUFU_OK) {
        show_window(worker, dialog.open);
        return true;
    }
    if (hufu_frame_get_ask(frame, &needed, NULL) == HUFU_OK) {
        ask(worker, needed.scopes);
        return true;
    }
    if (hufu_frame_get_result(frame, &result, NULL) != HUFU_OK)
        return false;
    worker->state = STATE_FRESH;
    event_del(worker->timer);
    worker->owner.result(worker->owner.context, &result);
    return true;
}

static void on_frame(void *context, struct hufu_bytes frame)
{
    if (!understand(context, frame))
        end(context, HUFU_E_WORKER_DIED);
}
