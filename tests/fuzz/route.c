/* From a decoded body to an answer or to the frame for a worker: every function that hufud answers
 * itself and the calls of a component, over several requests of three pages, one of them of a site
 * that nobody agreed to yet. */
#include "service/calls.h"

#include "fuzz.h"
#include "wire/base64.h"

#include <stdio.h>

enum { EXCHANGES_MAX = 64, WORKERS_MAX = 4, WAITS_MAX = EXCHANGES_MAX };

struct hufu_exchange {
    const char *origin;
    struct hufu_buf body;
    hufu_exchange_gone *gone;
    void *context;
    bool waits;
};

struct hufu_worker {
    struct hufu_worker_owner owner;
    bool busy;
    bool asks;
};

/* A question to a person that nobody has answered yet. */
struct hufu_consent_wait {
    hufu_consent_answered *answered;
    void *context;
};

static struct hufu_exchange exchanges[EXCHANGES_MAX];
static size_t exchange_count;
static struct hufu_worker workers[WORKERS_MAX];
static struct hufu_consent_wait waits[WAITS_MAX];
static bool agreed;
static bool refused; /* by a person, a moment ago */
static bool is_another_user;
static uint8_t sessions_made;

/* --- in place of HTTP --- */

const char *__wrap_hufu_exchange_origin(const struct hufu_exchange *exchange);
struct hufu_bytes __wrap_hufu_exchange_body(const struct hufu_exchange *exchange);
int64_t __wrap_hufu_exchange_age_ms(const struct hufu_exchange *exchange);
void __wrap_hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone,
                                void *context);
void __wrap_hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json);

const char *__wrap_hufu_exchange_origin(const struct hufu_exchange *exchange)
{
    require(exchange->waits);
    return exchange->origin;
}

struct hufu_bytes __wrap_hufu_exchange_body(const struct hufu_exchange *exchange)
{
    require(exchange->waits);
    return hufu_buf_bytes(&exchange->body);
}

int64_t __wrap_hufu_exchange_age_ms(const struct hufu_exchange *exchange)
{
    require(exchange->waits);
    return 0;
}

void __wrap_hufu_exchange_watch(struct hufu_exchange *exchange, hufu_exchange_gone *gone,
                                void *context)
{
    require(exchange->waits && !(gone && exchange->gone));
    exchange->gone = gone;
    exchange->context = context;
}

bool __wrap_hufu_exchange_is_ours(const struct hufu_exchange *exchange);
void __wrap_hufu_exchange_drop(struct hufu_exchange *exchange);

bool __wrap_hufu_exchange_is_ours(const struct hufu_exchange *exchange)
{
    require(exchange->waits);
    return !is_another_user;
}

void __wrap_hufu_exchange_drop(struct hufu_exchange *exchange)
{
    require(exchange->waits && is_another_user);
    exchange->waits = false;
}

/* One answer to each request, and always an object of texts. */
void __wrap_hufu_exchange_reply(struct hufu_exchange *exchange, struct hufu_bytes json)
{
    struct hufu_json *read = NULL;
    require(exchange->waits);
    exchange->waits = false;
    require(hufu_json_parse(json, &read, NULL) == HUFU_OK);
    require(hufu_json_find(read, "result") != NULL);
    hufu_json_free(read);
}

void __wrap_hufu_exchange_refuse(struct hufu_exchange *exchange);

void __wrap_hufu_exchange_refuse(struct hufu_exchange *exchange)
{
    require(exchange->waits);
    exchange->waits = false;
}

/* --- in place of the person --- */

struct hufu_consent_wait *__wrap_hufu_consent_ask(struct hufu_consent *consent, const char *origin,
                                                  unsigned needed, hufu_consent_answered *answered,
                                                  void *context);
void __wrap_hufu_consent_leave(struct hufu_consent_wait *wait);
bool __wrap_hufu_consent_was_refused(const struct hufu_consent *consent, const char *origin);
enum hufu_permit __wrap_hufu_permits_see(struct hufu_permits *permits, const char *origin);
struct hufu_rights __wrap_hufu_permits_of(struct hufu_permits *permits, const char *origin);
bool __wrap_hufu_permits_window(struct hufu_permits *permits, const char *origin);
void __wrap_hufu_permits_window_opened(struct hufu_permits *permits, const char *origin);
void __wrap_hufu_permits_window_helped(struct hufu_permits *permits, const char *origin);

struct hufu_consent_wait *__wrap_hufu_consent_ask(struct hufu_consent *consent, const char *origin,
                                                  unsigned needed, hufu_consent_answered *answered,
                                                  void *context)
{
    (void)consent, (void)origin;
    require(!(needed & HUFU_SCOPE_PIN));
    for (size_t i = 0; needed && i < WAITS_MAX; i++)
        if (!waits[i].answered) {
            waits[i] = (struct hufu_consent_wait){.answered = answered, .context = context};
            return &waits[i];
        }
    return NULL;
}

void __wrap_hufu_consent_leave(struct hufu_consent_wait *wait)
{
    require(wait->answered != NULL);
    wait->answered = NULL;
}

bool __wrap_hufu_consent_was_refused(const struct hufu_consent *consent, const char *origin)
{
    (void)consent, (void)origin;
    return refused;
}

/* The site c is new. */
enum hufu_permit __wrap_hufu_permits_see(struct hufu_permits *permits, const char *origin)
{
    (void)permits;
    return agreed || !strstr(origin, "//c.") ? HUFU_PERMIT_YES : HUFU_PERMIT_UNKNOWN;
}

struct hufu_rights __wrap_hufu_permits_of(struct hufu_permits *permits, const char *origin)
{
    (void)permits, (void)origin;
    return (struct hufu_rights){.allowed = agreed ? HUFU_SCOPES_USE : HUFU_SCOPE_SEE};
}

bool __wrap_hufu_permits_window(struct hufu_permits *permits, const char *origin)
{
    (void)permits, (void)origin;
    return true;
}

void __wrap_hufu_permits_window_opened(struct hufu_permits *permits, const char *origin)
{
    (void)permits, (void)origin;
}

void __wrap_hufu_permits_window_helped(struct hufu_permits *permits, const char *origin)
{
    (void)permits, (void)origin;
}

/* --- in place of workers --- */

struct hufu_worker *__wrap_hufu_pool_take(struct hufu_pool *pool, struct hufu_worker_owner owner);
enum hufu_status __wrap_hufu_pool_warm_up(struct hufu_pool *pool);
void __wrap_hufu_worker_send(struct hufu_worker *worker, struct hufu_buf *frame);
void __wrap_hufu_worker_call(struct hufu_worker *worker, struct hufu_buf *frame,
                             unsigned deadline_s);
void __wrap_hufu_worker_grant(struct hufu_worker *worker, unsigned scopes);
void __wrap_hufu_worker_rest(struct hufu_worker *worker, unsigned idle_s);
void __wrap_hufu_worker_kill(struct hufu_worker *worker);
ssize_t __wrap_getrandom(void *data, size_t len, unsigned flags);
void __wrap_hufu_log(const char *format, ...);

struct hufu_worker *__wrap_hufu_pool_take(struct hufu_pool *pool, struct hufu_worker_owner owner)
{
    (void)pool;
    for (size_t i = 0; i < WORKERS_MAX; i++)
        if (!workers[i].owner.context) {
            workers[i] = (struct hufu_worker){.owner = owner};
            return &workers[i];
        }
    return NULL;
}

enum hufu_status __wrap_hufu_pool_warm_up(struct hufu_pool *pool)
{
    (void)pool;
    return HUFU_OK;
}

void __wrap_hufu_worker_send(struct hufu_worker *worker, struct hufu_buf *frame)
{
    struct hufu_bytes memo;
    require(worker->owner.context && !worker->busy);
    require(hufu_frame_get_memo(hufu_buf_bytes(frame), &memo, NULL) == HUFU_OK);
    hufu_buf_done(frame);
}

/* A worker gets whole calls of its own page, one at a time. */
void __wrap_hufu_worker_call(struct hufu_worker *worker, struct hufu_buf *frame,
                             unsigned deadline_s)
{
    const struct hufu_session *session = worker->owner.context;
    struct hufu_call call;
    (void)deadline_s;
    require(session && !worker->busy && !is_another_user);
    require(hufu_frame_get_call(hufu_buf_bytes(frame), &call, NULL) == HUFU_OK);
    require(strcmp(call.origin, session->origin) == 0 && strcmp(call.component, "gpki") == 0);
    worker->busy = true;
    hufu_buf_done(frame);
}

/* Only a worker that asked is answered. */
void __wrap_hufu_worker_grant(struct hufu_worker *worker, unsigned scopes)
{
    (void)scopes;
    require(worker && worker->busy && worker->asks);
    worker->asks = false;
}

void __wrap_hufu_worker_rest(struct hufu_worker *worker, unsigned idle_s)
{
    (void)idle_s;
    require(worker->owner.context != NULL);
}

void __wrap_hufu_worker_kill(struct hufu_worker *worker)
{
    require(worker->owner.context != NULL);
    *worker = (struct hufu_worker){0};
}

/* Ids that an input can name: 00 and zeros, 01 and zeros... */
ssize_t __wrap_getrandom(void *data, size_t len, unsigned flags)
{
    (void)flags;
    memset(data, 0, len);
    *(uint8_t *)data = sessions_made++;
    return (ssize_t)len;
}

void __wrap_hufu_log(const char *format, ...)
{
    (void)format;
}

/* --- what happens --- */

static void request(struct hufu_calls *calls, const char *origin, const char *json)
{
    if (exchange_count == EXCHANGES_MAX)
        return;
    struct hufu_exchange *exchange = &exchanges[exchange_count++];
    *exchange = (struct hufu_exchange){
        .origin = origin, .waits = true, .body = {.max = 2 * FUZZ_BYTES_MAX}};
    hufu_buf_add_text(&exchange->body, "Parameter=");
    hufu_base64_encode(hufu_bytes_of(json, strlen(json)), &exchange->body);
    hufu_calls_handle(calls, exchange);
}

static struct hufu_worker *busy_worker(void)
{
    for (size_t i = 0; i < WORKERS_MAX; i++)
        if (workers[i].busy)
            return &workers[i];
    return NULL;
}

static void answer(const char *text)
{
    struct hufu_worker *worker = busy_worker();
    if (!worker || worker->asks)
        return;
    worker->busy = false;
    struct hufu_result result = {.text = text,
                                 .scope = HUFU_SCOPE_SIGN,
                                 .after = text[0] ? (text[0] & 1) : HUFU_AFTER_REPLACE};
    result.memo = hufu_bytes_of(text, strlen(text) < 64 ? strlen(text) : 64);
    worker->owner.result(worker->owner.context, &result);
}

static void die(void)
{
    struct hufu_worker *worker = busy_worker();
    if (!worker)
        return;
    struct hufu_worker_owner owner = worker->owner;
    *worker = (struct hufu_worker){0};
    owner.gone(owner.context, HUFU_E_WORKER_DIED);
}

static void ask(void)
{
    struct hufu_worker *worker = busy_worker();
    if (!worker || worker->asks)
        return;
    worker->asks = true;
    worker->owner.asked(worker->owner.context, HUFU_SCOPES_ALL);
}

static void window(void)
{
    struct hufu_worker *worker = busy_worker();
    if (worker && !worker->asks)
        worker->owner.window(worker->owner.context);
}

static void person_answers(bool yes)
{
    agreed = yes;
    refused = !yes;
    for (size_t i = 0; i < WAITS_MAX; i++)
        if (waits[i].answered) {
            hufu_consent_answered *answered = waits[i].answered;
            waits[i].answered = NULL;
            answered(waits[i].context);
        }
}

static void page_goes(void)
{
    for (size_t i = 0; i < exchange_count; i++)
        if (exchanges[i].waits && exchanges[i].gone) {
            exchanges[i].waits = false;
            exchanges[i].gone(exchanges[i].context);
            return;
        }
}

/* The first character says what happens: a, b and c are requests of three pages. */
static void happen(struct hufu_calls *calls, const char *line)
{
    switch (line[0]) {
    case 'a':
        request(calls, "https://a.example.tw", line + 1);
        break;
    case 'b':
        request(calls, "https://b.example.tw", line + 1);
        break;
    case 'c':
        request(calls, "https://c.example.tw", line + 1);
        break;
    case 'r':
        answer(line + 1);
        break;
    case 'd':
        die();
        break;
    case 'q':
        ask();
        break;
    case 'w':
        window();
        break;
    case 'y':
    case 'n':
        person_answers(line[0] == 'y');
        break;
    case 'u': /* from here on, or no longer */
        is_another_user = !is_another_user;
        break;
    case 'g':
        page_goes();
        break;
    case 't': /* heartbeats are due */
        event_base_loop(calls->jobs->base, EVLOOP_NONBLOCK);
        break;
    default:
        break;
    }
}

static void run(struct event_base *base, char *text)
{
    static const struct hufu_config config = {
        .product_count = 1,
        .products = {{.name = "gpki",
                      .component = "gpki",
                      .path_ids = {"gpki"},
                      .comnames = {"com"},
                      .server_version = "1.0.19.1127",
                      .library_version = "1.0.0.0",
                      .installer_version = "1.0.0.0",
                      .oldest_adapter = "1.0.17.0",
                      .last_error = "get_lastError"}},
        .session_idle_s = 60,
        .worker_idle_s = 60,
        .call_deadline_s = 60,
    };
    struct hufu_jobs jobs = {.base = base, .config = &config, .language = "en"};
    struct hufu_calls calls = {.config = &config,
                               .sessions = hufu_sessions_new(base, hufu_jobs_end),
                               .mailboxes = hufu_mailboxes_new(),
                               .jobs = &jobs};
    for (char *line = NULL; (line = strsep(&text, "\n"));)
        happen(&calls, line);
    person_answers(false);
    hufu_sessions_free(calls.sessions);
    hufu_mailboxes_free(calls.mailboxes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct event_base *base;
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    base = base ? base : event_base_new();
    exchange_count = 0;
    sessions_made = 0;
    agreed = false;
    refused = false;
    is_another_user = false;
    memset(waits, 0, sizeof waits);
    memset(workers, 0, sizeof workers);
    run(base, text);
    for (size_t i = 0; i < exchange_count; i++) {
        require(!exchanges[i].waits);
        hufu_buf_done(&exchanges[i].body);
    }
    for (size_t i = 0; i < WORKERS_MAX; i++)
        require(!workers[i].owner.context);
    for (size_t i = 0; i < WAITS_MAX; i++)
        require(!waits[i].answered);
    return 0;
}
