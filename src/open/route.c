#include "open/route.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "http://127.0.0.1:65535" */
enum { ORIGIN_SIZE = 32 };

struct route {
    const char *method;
    const char *target;
    enum hufu_open_action action;
    bool session; /* the cookie must be there */
};

static const struct route routes[] = {
    {"GET", "/stream", HUFU_OPEN_STREAM, true},    {"POST", "/session", HUFU_OPEN_ENTER, false},
    {"POST", "/look", HUFU_OPEN_LOOK, true},       {"POST", "/fix", HUFU_OPEN_FIX, true},
    {"POST", "/restart", HUFU_OPEN_RESTART, true},
};

static struct hufu_open_verdict refuse(int http_status, const char *why)
{
    return (struct hufu_open_verdict){
        .action = HUFU_OPEN_REFUSE, .http_status = http_status, .why = why};
}

static const struct route *find_route(const struct hufu_head *head)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (strcmp(routes[i].method, head->method) == 0 &&
            strcmp(routes[i].target, head->target) == 0)
            return &routes[i];
    return NULL;
}

/* A header that two readers could read differently, or that only a proxy or a script of another
 * purpose sends. */
static const char *odd_header(const struct hufu_head *head)
{
    static const char *const forbidden[] = {
        "Via",     "Forwarded",      "X-Forwarded-For",  "Expect",
        "Upgrade", "Service-Worker", "Content-Encoding",
    };
    static const char *const single[] = {"Host",           "Origin",         "Cookie",
                                         "Content-Type",   "Sec-Fetch-Site", "Sec-Fetch-Mode",
                                         "Sec-Fetch-Dest", "Sec-Fetch-User"};
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        if (hufu_head_value(head, forbidden[i]))
            return forbidden[i];
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        size_t count = 0;
        for (size_t n = 0; n < head->header_count; n++)
            count += strcasecmp(head->headers[n].name, single[i]) == 0;
        if (count > 1)
            return single[i];
    }
    return NULL;
}

static bool is(const char *value, const char *expected)
{
    return value && strcmp(value, expected) == 0;
}

/* Only the address that we opened: no other name that leads here, as DNS rebinding would use. */
static bool is_own_host(const struct hufu_head *head, const char *origin)
{
    return is(hufu_head_value(head, "Host"), origin + strlen("http://"));
}

/* What a page of ours does, as the browser tells; a script cannot set these two. */
static bool is_from_own_page(const struct hufu_head *head, const char *origin, bool post)
{
    const char *own = hufu_head_value(head, "Origin");
    return is(hufu_head_value(head, "Sec-Fetch-Site"), "same-origin") &&
           !is(hufu_head_value(head, "Sec-Fetch-Mode"), "navigate") &&
           (is(own, origin) || (!own && !post));
}

/* A file may be asked for by our page, or by a person: an address that was typed or opened by a
 * program, but no link of another site. */
static const char *refuse_reader(const struct hufu_head *head, const char *origin)
{
    const char *site = hufu_head_value(head, "Sec-Fetch-Site");
    const char *own = hufu_head_value(head, "Origin");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return "Sec-Fetch-Site";
    if (own && strcmp(own, origin) != 0)
        return "Origin";
    return hufu_head_value(head, "Sec-Fetch-Dest") &&
                   strstr(hufu_head_value(head, "Sec-Fetch-Dest"), "frame")
               ? "Sec-Fetch-Dest"
               : NULL;
}

static struct hufu_open_verdict serve_file(const struct hufu_open_door *door,
                                           const struct hufu_head *head, const char *origin)
{
    const char *why = refuse_reader(head, origin);
    if (why)
        return refuse(403, why);
    const struct hufu_open_file *file = hufu_files_find(door->files, head->target);
    if (!file)
        return refuse(404, "path");
    return (struct hufu_open_verdict){.action = HUFU_OPEN_FILE, .http_status = 200, .file = file};
}

static bool has_session(const struct hufu_open_door *door, const struct hufu_head *head)
{
    char name[HUFU_COOKIE_NAME_SIZE];
    hufu_cookie_name(door->port, name);
    return hufu_cookie_is(hufu_head_value(head, "Cookie"), name, &door->session);
}

static struct hufu_open_verdict check(const struct hufu_open_door *door,
                                      const struct hufu_head *head, const char *origin,
                                      size_t length)
{
    bool get = strcmp(head->method, "GET") == 0;
    bool post = strcmp(head->method, "POST") == 0;
    if (!get && !post)
        return refuse(405, "method");
    if (!is_own_host(head, origin))
        return refuse(403, "Host");
    if (get && length > 0)
        return refuse(400, "Content-Length");
    const struct route *route = find_route(head);
    if (!route)
        return get ? serve_file(door, head, origin) : refuse(404, "path");
    if (!is_from_own_page(head, origin, post))
        return refuse(403, "Origin");
    if (post && !is(hufu_head_value(head, "Content-Type"), "application/json"))
        return refuse(415, "Content-Type");
    if (route->session && !has_session(door, head))
        return refuse(403, "Cookie");
    return (struct hufu_open_verdict){
        .action = route->action, .http_status = 200, .body_length = length};
}

struct hufu_open_verdict hufu_open_route(const struct hufu_open_door *door,
                                         const struct hufu_head *head)
{
    char origin[ORIGIN_SIZE];
    uint64_t length = 0;
    const char *why = hufu_head_framing(head, &length);
    if (why)
        return refuse(400, why);
    why = odd_header(head);
    if (why)
        return refuse(403, why);
    if (length > HUFU_OPEN_BODY_MAX)
        return refuse(413, "Content-Length");
    snprintf(origin, sizeof origin, "http://127.0.0.1:%u", (unsigned)door->port);
    return check(door, head, origin, (size_t)length);
}
