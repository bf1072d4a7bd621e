#include "service/jobs.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "service/answer.h"
#include "wire/scope.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `exchange` is the request that waits now, NULL between two polls. `done` says that the answer
 * is in `result` and waits for the next poll. */
struct hufu_job {
    TAILQ_ENTRY(hufu_job) entry;
    struct hufu_jobs *jobs;
    struct hufu_session *session;
    struct hufu_exchange *exchange;
    struct event *timer;
    bool keep_alive;
    bool done;
    bool waited; /* for another call of its session */
    bool window; /* it opened one for a PIN */
    int code;
    struct hufu_consent_wait *wait; /* for scopes that its function needs */
    char function[HUFU_NAME_BYTES];
    struct hufu_buf frame;
    struct hufu_buf result;
};

static void start_next(struct hufu_session *session);

static void free_job(struct hufu_job *job)
{
    struct hufu_session *session = job->session;
    TAILQ_REMOVE(&session->jobs, job, entry);
    if (session->running == job)
        session->running = NULL;
    if (job->wait)
        hufu_consent_leave(job->wait);
    if (job->window && job->done && job->code == 0)
        hufu_permits_window_helped(job->jobs->permits, session->origin);
    event_free(job->timer);
    hufu_buf_done(&job->frame);
    hufu_buf_done(&job->result);
    free(job);
}

static void reply_text(struct hufu_exchange *exchange, const char *text)
{
    hufu_answer(exchange, &(struct hufu_servisign_answer){.result = text});
}

/* Never an argument and never a result; the function's name was checked by new_job. */
static void answer(struct hufu_job *job, const char *text)
{
    struct hufu_session *session = job->session;
    hufu_log("call: origin=%s product=%s function=%s code=%d ms=%lld", session->origin,
             session->product, job->function, job->code,
             (long long)hufu_exchange_age_ms(job->exchange));
    reply_text(HUFU_TAKE(job->exchange), text);
    free_job(job);
}

static void set_timer(struct hufu_job *job, unsigned seconds)
{
    event_add(job->timer, &(struct timeval){.tv_sec = (time_t)seconds});
}

static void finish(struct hufu_job *job, int code, const char *text)
{
    struct hufu_session *session = job->session;
    if (job->wait) /* its worker is gone: nobody is there to be told the answer */
        hufu_consent_leave(HUFU_TAKE(job->wait));
    session->running = NULL;
    session->last_code = code;
    job->done = true;
    job->code = code;
    if (job->exchange) {
        answer(job, text);
    } else {
        hufu_buf_add_text(&job->result, text);
        set_timer(job, HUFU_POLL_GRACE_S);
    }
    start_next(session);
}

/* The service's own failures: the number is the result as well as the last error, as
 * docs/protocol/servisign.md has it for 61xxx. */
static void fail(struct hufu_job *job, enum hufu_status status)
{
    char number[16];
    snprintf(number, sizeof number, "%d", hufu_status_code(status));
    finish(job, hufu_status_code(status), number);
}

static void cancel(struct hufu_job *job)
{
    struct hufu_session *session = job->session;
    if (session->running == job && session->worker)
        hufu_worker_kill(HUFU_TAKE(session->worker));
    hufu_log("call: origin=%s product=%s function=%s abandoned", session->origin, session->product,
             job->function);
    free_job(job);
    start_next(session);
}

/* --- the page's side --- */

static void on_page_gone(void *context)
{
    struct hufu_job *job = context;
    job->exchange = NULL;
    if (job->keep_alive)
        set_timer(job, HUFU_POLL_GRACE_S);
    else
        cancel(job);
}

static void on_job_timer(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_job *job = arg;
    (void)fd;
    (void)events;
    if (!job->exchange) {
        cancel(job);
        return;
    }
    reply_text(HUFU_TAKE(job->exchange), "heartbeat");
    set_timer(job, HUFU_POLL_GRACE_S);
}

static void wait_for(struct hufu_job *job, struct hufu_exchange *exchange)
{
    job->exchange = exchange;
    hufu_exchange_watch(exchange, on_page_gone, job);
    if (job->keep_alive)
        set_timer(job, job->jobs->config->heartbeat_s);
}

static struct hufu_job *polled_job(struct hufu_session *session,
                                   const struct hufu_servisign *request)
{
    struct hufu_job *job = NULL;
    TAILQ_FOREACH (job, &session->jobs, entry)
        if (request->keep_alive && job->keep_alive && !job->exchange &&
            strcmp(job->function, request->function) == 0)
            return job;
    return NULL;
}

/* --- the worker's side --- */

static void log_use(struct hufu_session *session, const struct hufu_result *result)
{
    enum hufu_use use = hufu_use_of_scopes(result->scope);
    if (use == HUFU_USE_COUNT || (use == HUFU_USE_SEE && session->seen))
        return;
    session->seen = session->seen || use == HUFU_USE_SEE;
    hufu_uselog_add(session->running->jobs->uselog, use, session->origin, result->code);
}

static void on_result(void *context, const struct hufu_result *result)
{
    struct hufu_session *session = context;
    struct hufu_job *job = session->running;
    log_use(session, result);
    hufu_buf_clear(&session->memo);
    hufu_buf_add(&session->memo, result->memo.data, result->memo.len);
    if (result->after == HUFU_AFTER_REPLACE)
        hufu_worker_kill(HUFU_TAKE(session->worker));
    else
        hufu_worker_rest(session->worker,
                         job->jobs->config->worker_idle_s +
                             (result->after == HUFU_AFTER_STAY ? HUFU_SERIES_IDLE_S : 0));
    finish(job, result->code, result->text);
}

static void on_window(void *context)
{
    const struct hufu_session *session = context;
    session->running->window = true;
    hufu_permits_window_opened(session->running->jobs->permits, session->origin);
}

static void grant(struct hufu_job *job)
{
    struct hufu_rights rights = hufu_permits_of(job->jobs->permits, job->session->origin);
    hufu_worker_grant(job->session->worker, rights.allowed);
}

static void on_answered(void *context)
{
    struct hufu_job *job = context;
    job->wait = NULL;
    grant(job);
}

/* A PIN that the page hands over is for `hufu sites` alone: no page may have that asked. */
static void on_asked(void *context, unsigned scopes)
{
    const struct hufu_session *session = context;
    struct hufu_job *job = session->running;
    job->wait = hufu_consent_ask(job->jobs->consent, session->origin,
                                 scopes & ~(unsigned)HUFU_SCOPE_PIN, on_answered, job);
    if (!job->wait)
        grant(job);
}

static void on_worker_gone(void *context, enum hufu_status why)
{
    struct hufu_session *session = context;
    session->worker = NULL;
    if (session->running)
        fail(session->running, why);
}

static enum hufu_status take_worker(struct hufu_session *session, struct hufu_pool *pool)
{
    struct hufu_worker_owner owner = {.context = session,
                                      .result = on_result,
                                      .window = on_window,
                                      .asked = on_asked,
                                      .gone = on_worker_gone};
    struct hufu_buf memo = {.max = HUFU_FRAME_MAX};
    HUFU_TRY(hufu_pool_warm_up(pool));
    session->worker = hufu_pool_take(pool, owner);
    if (!session->worker)
        return HUFU_E_BUSY;
    if (session->memo.len &&
        hufu_frame_put_memo(&memo, hufu_buf_bytes(&session->memo), NULL) == HUFU_OK)
        hufu_worker_send(session->worker, &memo);
    return HUFU_OK;
}

/* What the site may do can have changed while the call waited for another one. */
static bool renew(struct hufu_job *job)
{
    struct hufu_call call;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf frame = {.max = HUFU_FRAME_MAX};
    if (hufu_frame_get_call(hufu_buf_bytes(&job->frame), &call, NULL) != HUFU_OK)
        return false;
    call.scopes = hufu_permits_of(job->jobs->permits, job->session->origin).allowed;
    call.may_ask = hufu_permits_window(job->jobs->permits, job->session->origin);
    if (hufu_frame_put_call(&frame, &call, NULL) != HUFU_OK)
        return false;
    hufu_buf_done(&job->frame);
    job->frame = frame;
    frame = (struct hufu_buf){.max = HUFU_FRAME_MAX};
    return true;
}

/* The last moment to look who asks: from here on the call reaches the card. */
static void start(struct hufu_job *job)
{
    struct hufu_session *session = job->session;
    struct hufu_pool *pool = job->jobs->pool;
    if (!hufu_exchange_is_ours(job->exchange)) {
        hufu_exchange_drop(HUFU_TAKE(job->exchange));
        cancel(job);
        return;
    }
    session->running = job;
    enum hufu_status status = session->worker ? HUFU_OK : take_worker(session, pool);
    if (status != HUFU_OK) {
        fail(job, status);
        return;
    }
    if (job->waited && !renew(job)) {
        fail(job, HUFU_E_SERVICE_MEMORY);
        return;
    }
    hufu_log_debug("call handed over: origin=%s function=%s", session->origin, job->function);
    hufu_worker_call(session->worker, &job->frame, job->jobs->config->call_deadline_s);
    (void)hufu_pool_warm_up(pool); /* after the call is on its way, for the next page */
}

static void start_next(struct hufu_session *session)
{
    struct hufu_job *job = NULL;
    if (session->running)
        return;
    TAILQ_FOREACH (job, &session->jobs, entry)
        if (!job->done && job->exchange) { /* between two polls, nobody asks */
            start(job);
            return;
        }
}

/* --- submitting --- */

/* A name goes into the log, so it must look like one: letters, digits and underscores. */
static bool copy_name(char ret_name[HUFU_NAME_BYTES], const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len >= HUFU_NAME_BYTES)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_')
            return false;
    memcpy(ret_name, name, len + 1);
    return true;
}

static enum hufu_status fill_frame(struct hufu_job *job, const struct hufu_product *product,
                                   const struct hufu_servisign *request)
{
    struct hufu_call call = {
        .component = product->component,
        .function = job->function,
        .version = product->library_version,
        .origin = job->session->origin,
        .language = job->jobs->language,
        .scopes = hufu_permits_of(job->jobs->permits, job->session->origin).allowed,
        .may_ask = hufu_permits_window(job->jobs->permits, job->session->origin),
        .argument_count = request->argument_count,
    };
    memcpy(call.arguments, request->arguments, sizeof call.arguments);
    return hufu_frame_put_call(&job->frame, &call, NULL);
}

static struct hufu_job *new_job(struct hufu_jobs *jobs, struct hufu_session *session)
{
    struct hufu_job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    job->jobs = jobs;
    job->session = session;
    job->timer = evtimer_new(jobs->base, on_job_timer, job);
    if (!job->timer) {
        free(job);
        return NULL;
    }
    hufu_buf_init(&job->frame, HUFU_FRAME_MAX);
    hufu_buf_init(&job->result, HUFU_FRAME_MAX);
    TAILQ_INSERT_TAIL(&session->jobs, job, entry);
    return job;
}

static size_t count_jobs(const struct hufu_session *session)
{
    const struct hufu_job *job = NULL;
    size_t count = 0;
    TAILQ_FOREACH (job, &session->jobs, entry)
        count++;
    return count;
}

void hufu_jobs_submit(struct hufu_jobs *jobs, struct hufu_session *session,
                      const struct hufu_product *product, const struct hufu_servisign *request,
                      struct hufu_exchange *exchange)
{
    struct hufu_job *polled = polled_job(session, request);
    if (polled) {
        wait_for(polled, exchange);
        if (polled->done)
            answer(polled, hufu_buf_text(&polled->result));
        else
            start_next(session);
        return;
    }
    struct hufu_job *job =
        count_jobs(session) < HUFU_JOBS_PER_SESSION_MAX ? new_job(jobs, session) : NULL;
    if (!job) {
        hufu_answer_status(exchange, HUFU_E_BUSY);
        return;
    }
    job->keep_alive = request->keep_alive;
    if (!copy_name(job->function, request->function) ||
        fill_frame(job, product, request) != HUFU_OK) {
        free_job(job);
        hufu_answer_status(exchange, HUFU_E_REQUEST);
        return;
    }
    job->waited = session->running != NULL;
    wait_for(job, exchange);
    start_next(session);
}

void hufu_jobs_end(struct hufu_session *session)
{
    struct hufu_job *job = NULL;
    if (session->worker)
        hufu_worker_kill(HUFU_TAKE(session->worker));
    while ((job = TAILQ_FIRST(&session->jobs))) {
        if (job->exchange)
            hufu_answer_status(HUFU_TAKE(job->exchange), HUFU_E_SESSION);
        free_job(job);
    }
}
