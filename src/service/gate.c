#include "service/gate.h"

#include "wire/origin.h"

#include <string.h>
#include <strings.h>

static size_t count_of(const struct hufu_head *head, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < head->header_count; i++)
        count += strcasecmp(head->headers[i].name, name) == 0;
    return count;
}

static const char *refuse_headers(const struct hufu_head *head)
{
    /* There is no proxy in front of hufud, and no browser sends the others. */
    static const char *const forbidden[] = {
        "Via",     "Forwarded",      "X-Forwarded-For",  "Expect",
        "Upgrade", "Service-Worker", "Content-Encoding",
    };
    static const char *const single[] = {"Host", "Origin", "Content-Type", "Sec-Fetch-Mode"};
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        if (count_of(head, forbidden[i]))
            return forbidden[i];
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
        if (count_of(head, single[i]) > 1)
            return single[i];
    return NULL;
}

struct target {
    const char *path;
    enum hufu_target target;
    size_t body_max;
    const char *types[2];
};

static const struct target targets[] = {
    {.path = "/",
     .target = HUFU_TARGET_CALLS,
     .body_max = HUFU_BODY_BYTES_MAX,
     .types = {"application/x-www-form-urlencoded"}},
    /* The first type needs no preflight. */
    {.path = "/v1/events",
     .target = HUFU_TARGET_EVENTS,
     .body_max = HUFU_EVENTS_BODY_MAX,
     .types = {"text/plain", "application/json"}},
};

static const struct target *target_of(const struct hufu_head *head)
{
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (strcmp(targets[i].path, head->target) == 0)
            return &targets[i];
    return NULL;
}

static bool is_type(const char *header, const char *type)
{
    size_t len = strlen(type);
    if (strncasecmp(header, type, len) != 0)
        return false;
    return header[len] == 0 || header[len] == ';' || header[len] == ' ';
}

static bool takes_type(const struct target *target, const char *header)
{
    for (size_t i = 0; header && i < sizeof target->types / sizeof target->types[0]; i++)
        if (target->types[i] && is_type(header, target->types[i]))
            return true;
    return false;
}

static struct hufu_verdict refuse_as(int http_status, const char *why)
{
    return (struct hufu_verdict){.gate = HUFU_GATE_REFUSE, .http_status = http_status, .why = why};
}

static struct hufu_verdict refuse(const char *why)
{
    return refuse_as(403, why);
}

static struct hufu_verdict explain_as(enum hufu_status reason, int http_status, const char *why,
                                      const char *origin)
{
    return (struct hufu_verdict){.gate = HUFU_GATE_EXPLAIN,
                                 .http_status = http_status,
                                 .reason = reason,
                                 .why = why,
                                 .origin = origin};
}

static struct hufu_verdict explain(int http_status, const char *why, const char *origin)
{
    return explain_as(HUFU_E_CALL, http_status, why, origin);
}

static struct hufu_verdict refuse_site(const char *origin)
{
    struct hufu_verdict verdict = refuse("Origin");
    verdict.unknown = origin;
    return verdict;
}

struct hufu_verdict hufu_gate_check(hufu_gate_permit *permit, void *context,
                                    const struct hufu_head *head)
{
    bool preflight = strcmp(head->method, "OPTIONS") == 0;
    if (!preflight && strcmp(head->method, "POST") != 0)
        return explain(405, "method", NULL);
    uint64_t length = 0;
    const char *header = hufu_head_framing(head, &length);
    if (header)
        return refuse_as(400, header);
    header = refuse_headers(head);
    if (header)
        return refuse(header);
    if (preflight && length > 0)
        return refuse("Content-Length");
    if (length > HUFU_BODY_BYTES_MAX)
        return refuse_as(413, "Content-Length");
    const char *host = hufu_head_value(head, "Host");
    bool here = host && hufu_host_is_loopback(host, head->port);
    if (!here && !(host && hufu_host_is_loopback_elsewhere(host)))
        return refuse("Host");
    const char *mode = hufu_head_value(head, "Sec-Fetch-Mode");
    if (mode && strcmp(mode, "cors") != 0)
        return refuse("Sec-Fetch-Mode");
    const char *origin = hufu_head_value(head, "Origin");
    if (!origin || !hufu_origin_valid(origin))
        return refuse("Origin");
    enum hufu_permit permitted = permit(context, origin);
    if (!here) /* a port forwarder stands in between; a site that was agreed to is told so */
        return permitted == HUFU_PERMIT_YES && !preflight
                   ? explain_as(HUFU_E_NOT_HERE, 403, "Host", origin)
                   : refuse("Host");
    const struct target *target = target_of(head);
    bool typed = target && takes_type(target, hufu_head_value(head, "Content-Type"));
    bool plain_call = !preflight && typed && target->target == HUFU_TARGET_CALLS;
    /* Nothing is explained to a site that was not agreed to, and no window opens for less than a
     * call. */
    if (permitted == HUFU_PERMIT_UNKNOWN && plain_call)
        return (struct hufu_verdict){.gate = HUFU_GATE_ASK,
                                     .http_status = 200,
                                     .body_length = (size_t)length,
                                     .origin = origin};
    if (permitted != HUFU_PERMIT_YES)
        return refuse_site(origin);
    if (!target)
        return explain(404, "path", origin);
    if (preflight)
        return (struct hufu_verdict){
            .gate = HUFU_GATE_OPTIONS, .http_status = 204, .origin = origin};
    if (!typed)
        return explain(415, "Content-Type", origin);
    if (length > target->body_max)
        return explain(413, "Content-Length", origin);
    return (struct hufu_verdict){.gate = HUFU_GATE_PASS,
                                 .target = target->target,
                                 .http_status = 200,
                                 .body_length = (size_t)length,
                                 .origin = origin};
}
