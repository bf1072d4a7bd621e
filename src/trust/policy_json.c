#include "trust/policy_json.h"

#include "base/cleanup.h"
#include "wire/origin.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

const char *const hufu_policy_certificates[HUFU_POLICY_CERTIFICATES] = {"hufu.der",
                                                                        "hufu-next.der"};

enum { VALUE_SIZE = HUFU_ORIGIN_MAX + sizeof ":443" };

static void drop(json_t **json)
{
    json_decref(*json);
}

/* NULL unless the text is one JSON object without doubled names, which rewriting would lose. */
static json_t *parse(struct hufu_bytes text)
{
    if (!text.len || memchr(text.data, 0, text.len)) /* after a number jansson skips a NUL */
        return NULL;
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static int append(const char *text, size_t len, void *buf)
{
    hufu_buf_add(buf, text, len);
    return 0;
}

static bool print(const json_t *json, struct hufu_buf *ret_text)
{
    size_t before = ret_text->len;
    if (json_dump_callback(json, append, ret_text, JSON_INDENT(2)) == 0) {
        hufu_buf_add_text(ret_text, "\n");
        return !ret_text->failed;
    }
    hufu_buf_shorten(ret_text, ret_text->len - before);
    return false;
}

/* --- what a site is called --- */

typedef void name_site(char ret_value[VALUE_SIZE], const char *origin);

/* The host and what may follow it: without a port of its own an origin ends with its host. */
static const char *host_of(const char *origin)
{
    return strstr(origin, "://") + 3;
}

static size_t host_len(const char *host)
{
    return *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
}

static void as_origin(char ret_value[VALUE_SIZE], const char *origin)
{
    snprintf(ret_value, VALUE_SIZE, "%s", origin);
}

/* Chromium takes a pattern without a port for all ports of the host. */
static void as_pattern(char ret_value[VALUE_SIZE], const char *origin)
{
    const char *host = host_of(origin);
    const char *port = strncmp(origin, "https:", 6) == 0 ? ":443" : ":80";
    snprintf(ret_value, VALUE_SIZE, "%s%s", origin, host[host_len(host)] ? "" : port);
}

static void as_host(char ret_value[VALUE_SIZE], const char *origin)
{
    const char *host = host_of(origin);
    size_t brackets = *host == '[';
    snprintf(ret_value, VALUE_SIZE, "%.*s", (int)(host_len(host) - 2 * brackets), host + brackets);
}

/* --- lists --- */

static bool has(const json_t *list, const char *value)
{
    size_t index = 0;
    const json_t *item = NULL;
    json_array_foreach(list, index,
                       item) if (json_is_string(item) &&
                                 strcmp(json_string_value(item), value) == 0) return true;
    return false;
}

static bool add(json_t *list, const char *value)
{
    return has(list, value) || json_array_append_new(list, json_string(value)) == 0;
}

static bool add_sites(json_t *list, const struct hufu_policy_sites *sites, name_site *name)
{
    for (size_t i = 0; i < sites->count; i++) {
        char value[VALUE_SIZE];
        name(value, sites->origins[i]);
        if (!add(list, value))
            return false;
    }
    return true;
}

static bool add_certificates(json_t *list)
{
    for (size_t i = 0; i < HUFU_POLICY_CERTIFICATES; i++)
        if (!add(list, hufu_policy_certificates[i]))
            return false;
    return true;
}

/* --- Chromium --- */

static const char *const chromium_lists[] = {
    "LocalNetworkAccessAllowedForUrls", /* Chromium 142 to 145, and other browsers made of it */
    "LoopbackNetworkAllowedForUrls",    /* from 146 */
    "PopupsAllowedForUrls",
};
enum { CHROMIUM_LISTS = sizeof chromium_lists / sizeof chromium_lists[0] };

static const char merge_list[] = "PolicyListMultipleSourceMergeList";

static bool add_merge_list(json_t *root)
{
    json_t *list = json_array();
    if (json_object_set_new(root, merge_list, list))
        return false;
    for (size_t i = 0; i < CHROMIUM_LISTS; i++)
        if (json_array_append_new(list, json_string(chromium_lists[i])))
            return false;
    return true;
}

bool hufu_policy_chromium(const struct hufu_policy_sites *sites, bool merges,
                          struct hufu_buf *ret_text)
{
    HUFU_AUTO(drop) json_t *root = json_object();
    for (size_t i = 0; i < CHROMIUM_LISTS; i++) {
        json_t *list = json_array();
        if (json_object_set_new(root, chromium_lists[i], list) ||
            !add_sites(list, sites, as_pattern))
            return false;
    }
    return (!merges || add_merge_list(root)) && print(root, ret_text);
}

static bool mentions(struct hufu_bytes text, const char *name)
{
    char quoted[64];
    int len = snprintf(quoted, sizeof quoted, "\"%s\"", name);
    return memmem(text.data, text.len, quoted, (size_t)len) != NULL;
}

static bool joins_all(const json_t *list)
{
    size_t joined = 0;
    for (size_t i = 0; i < CHROMIUM_LISTS; i++)
        joined += has(list, chromium_lists[i]);
    return has(list, "*") || joined == CHROMIUM_LISTS;
}

struct hufu_policy_other hufu_policy_look(struct hufu_bytes text)
{
    struct hufu_policy_other other = {0};
    if (!text.len)
        return other;
    for (size_t i = 0; i < CHROMIUM_LISTS; i++)
        other.sets |= mentions(text, chromium_lists[i]);
    if (mentions(text, merge_list)) {
        HUFU_AUTO(drop) json_t *root = parse(text);
        other.merges = joins_all(json_object_get(root, merge_list));
        other.narrows = !other.merges;
    }
    return other;
}

/* --- Firefox --- */

static const struct firefox_list {
    const char *policy;
    const char *name;
    name_site *value; /* NULL: not of sites, but of certificates */
} firefox_lists[] = {
    {.policy = "LocalNetworkAccess", .name = "SkipDomains", .value = as_host},
    {.policy = "PopupBlocking", .name = "Allow", .value = as_origin},
    {.policy = "Certificates", .name = "Install"},
};
enum { FIREFOX_LISTS = sizeof firefox_lists / sizeof firefox_lists[0] };

/* The member, made when there is none; NULL when it is there as something else. */
static json_t *object_in(json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);
    if (!member && json_object_set_new(object, name, json_object()) == 0)
        member = json_object_get(object, name);
    return json_is_object(member) ? member : NULL;
}

static json_t *list_in(json_t *object, const char *name)
{
    json_t *member = json_object_get(object, name);
    if (!member && json_object_set_new(object, name, json_array()) == 0)
        member = json_object_get(object, name);
    return json_is_array(member) ? member : NULL;
}

bool hufu_policy_firefox_add(struct hufu_bytes base, const struct hufu_policy_sites *sites,
                             struct hufu_buf *ret_text)
{
    HUFU_AUTO(drop) json_t *root = base.len ? parse(base) : json_object();
    json_t *policies = object_in(root, "policies");
    bool changed = false;
    for (size_t i = 0; i < FIREFOX_LISTS; i++) {
        const struct firefox_list *row = &firefox_lists[i];
        json_t *list = list_in(object_in(policies, row->policy), row->name);
        size_t before = json_array_size(list);
        if (!list || !(row->value ? add_sites(list, sites, row->value) : add_certificates(list)))
            return false;
        changed |= json_array_size(list) > before;
    }
    if (changed)
        return print(root, ret_text);
    hufu_buf_add(ret_text, base.data, base.len);
    return !ret_text->failed;
}

static json_t *policy_of(const json_t *root, const char *policy)
{
    return json_object_get(json_object_get(root, "policies"), policy);
}

static json_t *list_of(const json_t *root, const struct firefox_list *row)
{
    return json_object_get(policy_of(root, row->policy), row->name);
}

/* Takes out of the list what `written` has and `base` has not. */
static void shorten(json_t *list, const json_t *written, const json_t *base)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        const char *value = json_string_value(json_array_get(list, i));
        if (value && has(written, value) && !has(base, value))
            json_array_remove(list, i);
    }
}

static bool is_empty(const json_t *json)
{
    return (json_is_object(json) && json_object_size(json) == 0) ||
           (json_is_array(json) && json_array_size(json) == 0);
}

/* What hufu made goes when nobody else has put anything into it. */
static void prune(json_t *root, const json_t *base, const struct firefox_list *row)
{
    if (is_empty(list_of(root, row)) && !list_of(base, row))
        json_object_del(policy_of(root, row->policy), row->name);
    if (is_empty(policy_of(root, row->policy)) && !policy_of(base, row->policy))
        json_object_del(json_object_get(root, "policies"), row->policy);
    if (is_empty(json_object_get(root, "policies")) && !json_object_get(base, "policies"))
        json_object_del(root, "policies");
}

bool hufu_policy_firefox_take(struct hufu_bytes now, struct hufu_bytes written,
                              struct hufu_bytes base, struct hufu_buf *ret_text)
{
    HUFU_AUTO(drop) json_t *root = parse(now);
    HUFU_AUTO(drop) json_t *ours = parse(written);
    HUFU_AUTO(drop) json_t *theirs = parse(base);
    if (!root || !ours || (base.len && !theirs))
        return false;
    for (size_t i = 0; i < FIREFOX_LISTS; i++) {
        const struct firefox_list *row = &firefox_lists[i];
        shorten(list_of(root, row), list_of(ours, row), list_of(theirs, row));
        prune(root, theirs, row);
    }
    return (is_empty(root) && !theirs) || print(root, ret_text);
}

bool hufu_policy_firefox_names_certificates(struct hufu_bytes text)
{
    HUFU_AUTO(drop) json_t *root = parse(text);
    return has(json_object_get(policy_of(root, "Certificates"), "Install"),
               hufu_policy_certificates[0]);
}
