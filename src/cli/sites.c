/* hufu sites list|allow|refuse|forget [ORIGIN [SCOPE...]] [--json] */
#include "sites/sites.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/print.h"

#include <stdio.h>
#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)

/* 1024 sites of at most 500 bytes. */
enum { OUTPUT_MAX = 1024 * 1024 };

struct verb {
    const char *name;
    enum hufu_sites_change change;
    bool changes;
    unsigned scopes; /* when none is named */
};

static const struct verb verbs[] = {
    {.name = "list"},
    {.name = "allow", .changes = true, .change = HUFU_SITES_ALLOW, .scopes = HUFU_SCOPES_USE},
    {.name = "refuse", .changes = true, .change = HUFU_SITES_REFUSE, .scopes = HUFU_SCOPES_ALL},
    {.name = "forget", .changes = true, .change = HUFU_SITES_FORGET, .scopes = HUFU_SCOPES_ALL},
};

struct request {
    const struct verb *verb;
    const char *origin;
    unsigned scopes;
    bool json;
    bool help;
};

struct words {
    const char *usage;
    const char *bad_origin;
    const char *refused_above; /* behind the file's name */
    const char *still_named;   /* behind the file's name */
    const char *allowed;
    const char *refused;
    const char *by;
    const char *none;
    const char *sources[HUFU_SITES_SOURCE_COUNT];
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu sites list [--json]\n"
                     "       hufu sites allow|refuse|forget ORIGIN [SCOPE...] [--json]\n"
                     "Scopes: see read sign decrypt pin, or all\n",
            .bad_origin =
                "This is no origin: write scheme, host and port as the browser has them and "
                "nothing behind,\nsuch as https://portal.example.tw\n",
            .refused_above = " refuses this, so it cannot be allowed here.\n",
            .still_named = " still names this website.\n",
            .allowed = "allowed:",
            .refused = "refused:",
            .by = "by:",
            .none = "No website is allowed or refused.\n",
            .sources = {"administrator", "you", "you"},
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu sites list [--json]\n"
                     "      hufu sites allow|refuse|forget 網站來源 [權限...] [--json]\n"
                     "權限：see read sign decrypt pin，或 all\n",
            .bad_origin =
                "這不是網站來源：請依瀏覽器的寫法輸入通訊協定、主機與連接埠，後面不加任何字，\n"
                "例如 https://portal.example.tw\n",
            .refused_above = " 已拒絕此項，無法在這裡允許。\n",
            .still_named = " 中仍有這個網站。\n",
            .allowed = "允許：",
            .refused = "拒絕：",
            .by = "設定者：",
            .none = "沒有允許或拒絕任何網站。\n",
            .sources = {"管理者", "您", "您"},
        },
};

static const char *const files[HUFU_SITES_SOURCE_COUNT] = {
    [HUFU_SITES_ADMINISTRATOR] = HUFU_SYSCONF "/hufu.ini",
    [HUFU_SITES_SETTINGS] = "~/.config/hufu/hufu.ini",
    [HUFU_SITES_ANSWERS] = "~/.local/state/hufu/sites.ini",
};

/* --- the command line --- */

static bool take_word(struct request *request, const char *word)
{
    if (strcmp(word, "--json") == 0)
        return request->json = true;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return request->help = true;
    if (word[0] == '-')
        return false;
    for (size_t i = 0; !request->verb && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, word) == 0) {
            request->verb = &verbs[i];
            return true;
        }
    if (!request->verb || !request->verb->changes)
        return false;
    if (!request->origin) {
        request->origin = word;
        return true;
    }
    unsigned scope = hufu_scope_parse(word, strlen(word));
    request->scopes |= scope;
    return scope != 0;
}

static bool parse(int argc, char **argv, struct request *request)
{
    *request = (struct request){0};
    for (int i = 1; i < argc; i++)
        if (!take_word(request, argv[i]))
            return false;
    if (request->help)
        return true;
    if (!request->verb || (request->verb->changes && !request->origin))
        return false;
    if (!request->scopes)
        request->scopes = request->verb->scopes;
    return true;
}

/* --- output --- */

static void add_scopes(struct hufu_buf *buf, const char *label, unsigned scopes)
{
    if (!scopes)
        return;
    hufu_buf_printf(buf, "  %s", label);
    for (size_t i = 0; i < HUFU_SCOPE_COUNT; i++)
        if (scopes & 1u << i)
            hufu_buf_printf(buf, " %s", hufu_scope_name(i));
}

static bool says_something(const struct hufu_rights *rights)
{
    return rights->allowed || rights->refused;
}

static void add_site(struct hufu_buf *buf, const struct hufu_site *site, const struct words *in)
{
    struct hufu_rights rights = hufu_site_rights(site);
    const char *last = "";
    hufu_buf_add_text(buf, site->origin);
    add_scopes(buf, in->allowed, rights.allowed);
    add_scopes(buf, in->refused, rights.refused);
    hufu_buf_printf(buf, "  %s", in->by);
    for (size_t i = 0; i < HUFU_SITES_SOURCE_COUNT; i++)
        if (says_something(&site->from[i]) && strcmp(last, in->sources[i]) != 0) {
            last = in->sources[i];
            hufu_buf_printf(buf, " %s", last);
        }
    hufu_buf_add_text(buf, "\n");
}

static const char *state_of(const struct hufu_rights *rights, unsigned scope)
{
    return rights->refused & scope ? "refused" : rights->allowed & scope ? "allowed" : "unknown";
}

static void add_json_site(struct hufu_buf *buf, const struct hufu_site *site)
{
    struct hufu_rights rights = hufu_site_rights(site);
    const char *separator = "";
    hufu_buf_add_text(buf, "{\"origin\":");
    hufu_print_json(buf, site->origin);
    for (size_t i = 0; i < HUFU_SCOPE_COUNT; i++)
        hufu_buf_printf(buf, ",\"%s\":\"%s\"", hufu_scope_name(i), state_of(&rights, 1u << i));
    hufu_buf_add_text(buf, ",\"files\":[");
    for (size_t i = 0; i < HUFU_SITES_SOURCE_COUNT; i++)
        if (says_something(&site->from[i])) {
            hufu_buf_add_text(buf, separator);
            hufu_print_json(buf, files[i]);
            separator = ",";
        }
    hufu_buf_add_text(buf, "]}");
}

static void add_json(struct hufu_buf *buf, const struct hufu_sites *sites)
{
    hufu_buf_printf(buf, "{\"ask\":%s,\"sites\":[", sites->ask ? "true" : "false");
    for (size_t i = 0; i < sites->count; i++) {
        hufu_buf_add_text(buf, i ? "," : "");
        add_json_site(buf, &sites->items[i]);
    }
    hufu_buf_add_text(buf, "],\"problem\":null,\"ok\":true}\n");
}

static void add_text(struct hufu_buf *buf, const struct hufu_sites *sites, const char *only,
                     const struct words *in)
{
    for (size_t i = 0; i < sites->count; i++)
        if (!only || strcmp(only, sites->items[i].origin) == 0)
            add_site(buf, &sites->items[i], in);
    if (!buf->len && !only)
        hufu_buf_add_text(buf, in->none);
}

static int print(const struct hufu_sites *sites, const struct request *request,
                 const struct words *in)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    if (request->json)
        add_json(&text, sites);
    else
        add_text(&text, sites, request->origin, in);
    fputs(hufu_buf_text(&text), stdout);
    return text.failed ? HUFU_EXIT_FAILED : HUFU_EXIT_DONE;
}

static int print_problem(const struct hufu_error *err, const struct request *request)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    if (request->json) {
        hufu_buf_add_text(&text, "{\"ask\":false,\"sites\":[],\"problem\":");
        hufu_print_json(&text, err->detail);
        hufu_buf_add_text(&text, ",\"ok\":false}\n");
        fputs(hufu_buf_text(&text), stdout);
    }
    return hufu_print_failure(err);
}

/* --- the command --- */

/* The file other than hufu's own that says of these scopes what cannot be changed here, or NULL. */
static const char *said_elsewhere(const struct hufu_site *site, const struct request *request)
{
    for (size_t i = 0; site && i < HUFU_SITES_ANSWERS; i++) {
        unsigned refused = site->from[i].refused;
        bool refuses = refused & (request->scopes | HUFU_SCOPE_SEE);
        if (request->verb->change == HUFU_SITES_ALLOW ? refuses : says_something(&site->from[i]))
            return files[i];
    }
    return NULL;
}

static int change(const struct request *request, const struct words *in, struct hufu_error *err)
{
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    if (hufu_sites_load(&sites, err) != HUFU_OK)
        return print_problem(err, request);
    const char *file = said_elsewhere(hufu_sites_find(sites, request->origin), request);
    if (file && request->verb->change == HUFU_SITES_ALLOW) {
        fprintf(stderr, "%s%s", file, in->refused_above);
        return HUFU_EXIT_FAILED;
    }
    if (hufu_sites_change(request->verb->change, request->origin, request->scopes, err) != HUFU_OK)
        return hufu_print_failure(err);
    if (file && request->verb->change == HUFU_SITES_FORGET)
        fprintf(stderr, "%s%s", file, in->still_named);
    return HUFU_EXIT_DONE;
}

int hufu_cli_sites(int argc, char **argv)
{
    struct request request;
    struct hufu_error err = {0};
    const struct words *in = &words[hufu_language_of_environment()];
    bool valid = parse(argc, argv, &request);
    if (!valid || request.help) {
        fputs(in->usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    if (request.origin && !hufu_origin_valid(request.origin)) {
        fputs(in->bad_origin, stderr);
        return HUFU_EXIT_USAGE;
    }
    int status = request.verb->changes ? change(&request, in, &err) : HUFU_EXIT_DONE;
    if (status != HUFU_EXIT_DONE)
        return status;
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    if (hufu_sites_load(&sites, &err) != HUFU_OK)
        return print_problem(&err, &request);
    return print(sites, &request, in);
}
