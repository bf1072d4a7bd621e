#include "service/calls.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "service/answer.h"
#include "wire/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What every handler gets; `product` is never NULL. */
struct context {
    struct hufu_calls *calls;
    struct hufu_exchange *exchange;
    struct hufu_servisign *request;
    const struct hufu_product *product;
};

static void reply_text(const struct context *context, const char *text)
{
    hufu_answer(context->exchange, &(struct hufu_servisign_answer){.result = text});
}

/* --- sessions --- */

/* A page that released its session goes on with an empty id, and in browser mode the id is the
 * browser's name: both are sessions of this origin and product that need no Echo. */
static bool needs_no_echo(const struct hufu_servisign *request)
{
    return request->per_browser || request->session[0] == 0;
}

static struct hufu_session *find_session(const struct context *context)
{
    const char *origin = hufu_exchange_origin(context->exchange);
    unsigned idle_s = context->calls->config->session_idle_s;
    const char *id = context->request->session;
    struct hufu_session *session =
        hufu_session_find(context->calls->sessions, origin, context->product, id, idle_s);
    if (!session && needs_no_echo(context->request))
        session = hufu_session_open(context->calls->sessions, origin, context->product, id, idle_s);
    return session;
}

/* --- the service's own functions --- */

/* HUFU_OK when `offered` is not older than `asked`; "" asks for nothing. */
static enum hufu_status check_version(const char *asked, const char *offered,
                                      enum hufu_status too_old)
{
    uint64_t want = 0;
    uint64_t have = 0;
    HUFU_TRY(hufu_version_parse(asked, &want, NULL));
    HUFU_TRY(hufu_version_parse(offered, &have, NULL));
    return have >= want ? HUFU_OK : too_old;
}

static enum hufu_status check_versions(const struct hufu_servisign *request,
                                       const struct hufu_product *product)
{
    HUFU_TRY(
        check_version(request->min_server_version, product->server_version, HUFU_E_SERVER_VERSION));
    HUFU_TRY(check_version(request->min_library_version, product->library_version,
                           HUFU_E_LIBRARY_VERSION));
    if (request->adapter_version[0])
        HUFU_TRY(check_version(product->oldest_adapter, request->adapter_version,
                               HUFU_E_ADAPTER_VERSION));
    return HUFU_OK;
}

/* A page stops at Echo when its calls could not be served anyhow. */
static enum hufu_status check_product(const struct context *context)
{
    if (hufu_product_has_ended(context->product, time(NULL)))
        return HUFU_E_COMPONENT_EXPIRED;
    enum hufu_status workers = hufu_pool_warm_up(context->calls->jobs->pool);
    return workers == HUFU_E_START ? workers : HUFU_OK;
}

/* In tab mode a page that has a session keeps it; a new one costs a page nothing either. */
static void echo(const struct context *context)
{
    const struct hufu_product *product = context->product;
    const struct hufu_servisign *request = context->request;
    enum hufu_status status = check_product(context);
    if (status == HUFU_OK)
        status = check_versions(request, product);
    if (status != HUFU_OK) {
        hufu_answer_status(context->exchange, status);
        return;
    }
    struct hufu_session *session = request->session[0] ? find_session(context) : NULL;
    if (!session)
        session =
            hufu_session_open(context->calls->sessions, hufu_exchange_origin(context->exchange),
                              product, NULL, context->calls->config->session_idle_s);
    if (!session) {
        hufu_answer_status(context->exchange, HUFU_E_BUSY);
        return;
    }
    hufu_answer(context->exchange, &(struct hufu_servisign_answer){
                                       .result = "0",
                                       .session = session->id,
                                       .server_version = product->server_version,
                                       .library_version = product->library_version,
                                       .installer_version = product->installer_version,
                                   });
}

static void release(const struct context *context)
{
    struct hufu_session *session = hufu_session_find(
        context->calls->sessions, hufu_exchange_origin(context->exchange), context->product,
        context->request->session, context->calls->config->session_idle_s);
    if (session)
        hufu_session_close(session);
    reply_text(context, "0");
}

/* The installed package brings updates; no page starts one. */
static void check_update(const struct context *context)
{
    reply_text(context, "0");
}

static void set_value(const struct context *context)
{
    const struct hufu_servisign *request = context->request;
    enum hufu_status status = hufu_mailbox_set(
        context->calls->mailboxes, hufu_exchange_origin(context->exchange),
        hufu_servisign_named(request, "channel"), hufu_servisign_named(request, "domain_list"),
        hufu_servisign_named(request, "timeout"), hufu_servisign_named(request, "value"), NULL);
    if (status != HUFU_OK)
        hufu_answer_status(context->exchange, status);
    else
        reply_text(context, "0");
}

static void get_value(const struct context *context)
{
    reply_text(context,
               hufu_mailbox_get(context->calls->mailboxes, hufu_exchange_origin(context->exchange),
                                hufu_servisign_named(context->request, "channel")));
}

struct own_function {
    const char *name;
    void (*run)(const struct context *context);
};

/* Both names of Echo: adapters of 2018 and of 2020 differ. */
static const struct own_function own_functions[] = {
    {.name = "Echo", .run = echo},
    {.name = "ServiSignEcho", .run = echo},
    {.name = "ServiSignRelease", .run = release},
    {.name = "ServiSignForceRelease", .run = release},
    {.name = "ServiSignCheckUpdate", .run = check_update},
    {.name = "setServiSignValue", .run = set_value},
    {.name = "getServiSignValue", .run = get_value},
};

/* --- a component's functions --- */

/* Answered here, because the worker whose failure it is about may be gone. */
static void last_error(const struct context *context, const struct hufu_session *session)
{
    char number[16];
    snprintf(number, sizeof number, "%d", session->last_code);
    reply_text(context, number);
}

/* An argument that cannot be read is the result of the call, and its last error. */
static void refuse_arguments(const struct context *context, struct hufu_session *session,
                             enum hufu_status status)
{
    session->last_code = hufu_status_code(status);
    hufu_answer_status(context->exchange, status);
}

static void call_component(const struct context *context)
{
    struct hufu_session *session = find_session(context);
    enum hufu_status status = HUFU_OK;
    if (!session)
        hufu_answer_status(context->exchange, HUFU_E_SESSION);
    else if (strcmp(context->request->function, context->product->last_error) == 0)
        last_error(context, session);
    else if ((status = hufu_servisign_read_arguments(context->request, NULL)) != HUFU_OK)
        refuse_arguments(context, session, status);
    else
        hufu_jobs_submit(context->calls->jobs, session, context->product, context->request,
                         context->exchange);
}

static void dispatch(const struct context *context)
{
    for (size_t i = 0; i < sizeof own_functions / sizeof own_functions[0]; i++)
        if (strcmp(own_functions[i].name, context->request->function) == 0) {
            own_functions[i].run(context);
            return;
        }
    call_component(context);
}

static void free_request(struct hufu_servisign **request)
{
    hufu_servisign_free(*request);
}

static void handle(struct hufu_calls *calls, struct hufu_exchange *exchange)
{
    HUFU_AUTO(free_request) struct hufu_servisign *request = NULL;
    struct context context = {.calls = calls, .exchange = exchange};
    enum hufu_status status =
        calls->config->unsound
            ? HUFU_E_START
            : hufu_servisign_decode(hufu_exchange_body(exchange), &request, NULL);
    if (status != HUFU_OK) {
        hufu_answer_status(exchange, status);
        return;
    }
    context.request = request;
    context.product =
        hufu_config_product(context.calls->config, request->path_id, request->comname);
    if (!context.product || !context.product->component[0])
        hufu_answer_status(exchange,
                           request->path_id[0] ? HUFU_E_COMPONENT_MISSING : HUFU_E_LIBRARY_MISSING);
    else
        dispatch(&context);
}

/* --- sites that nobody agreed to yet --- */

/* A request whose body is not looked at before a person has answered. */
struct visit {
    struct hufu_calls *calls;
    struct hufu_exchange *exchange;
    struct hufu_consent_wait *wait;
};

/* A site that a person has just said no to is told so, as its script goes on trying otherwise; it
 * has seen the time that this took. Every other one hears nothing. */
static void refuse(struct hufu_calls *calls, struct hufu_exchange *exchange)
{
    if (hufu_consent_was_refused(calls->consent, hufu_exchange_origin(exchange))) {
        hufu_answer_status(exchange, HUFU_E_NOT_AUTHORIZED);
        return;
    }
    hufu_log("refused: status=403 why=consent origin=%s", hufu_exchange_origin(exchange));
    hufu_exchange_refuse(exchange);
}

static void on_answered(void *context)
{
    struct visit visit = *(struct visit *)context;
    free(context);
    hufu_exchange_watch(visit.exchange, NULL, NULL);
    if (hufu_calls_permit(visit.calls, hufu_exchange_origin(visit.exchange)) == HUFU_PERMIT_YES)
        handle(visit.calls, visit.exchange);
    else
        refuse(visit.calls, visit.exchange);
}

static void on_page_gone(void *context)
{
    struct visit *visit = context;
    hufu_consent_leave(visit->wait);
    free(visit);
}

static void ask_first(struct hufu_calls *calls, struct hufu_exchange *exchange)
{
    struct visit *visit = malloc(sizeof *visit);
    if (visit)
        *visit = (struct visit){
            .calls = calls,
            .exchange = exchange,
            .wait = hufu_consent_ask(calls->consent, hufu_exchange_origin(exchange), HUFU_SCOPE_SEE,
                                     on_answered, visit),
        };
    if (visit && visit->wait) {
        hufu_exchange_watch(exchange, on_page_gone, visit);
        return;
    }
    free(visit);
    refuse(calls, exchange);
}

/* The third no in a row is kept for good, but its own visit is still answered. */
enum hufu_permit hufu_calls_permit(void *context, const char *origin)
{
    const struct hufu_calls *calls = context;
    enum hufu_permit permit = hufu_permits_see(calls->permits, origin);
    return permit == HUFU_PERMIT_NO && hufu_consent_was_refused(calls->consent, origin)
               ? HUFU_PERMIT_UNKNOWN
               : permit;
}

void hufu_calls_handle(void *calls, struct hufu_exchange *exchange)
{
    if (hufu_exchange_target(exchange) == HUFU_TARGET_EVENTS)
        hufu_events_wait(((struct hufu_calls *)calls)->events, exchange);
    else if (hufu_calls_permit(calls, hufu_exchange_origin(exchange)) == HUFU_PERMIT_YES)
        handle(calls, exchange);
    else if (((struct hufu_calls *)calls)->config->unsound)
        refuse(calls, exchange); /* nobody should decide about what cannot be done */
    else
        ask_first(calls, exchange);
}
