/* hufu trust policy [--remove] [--root DIR] [--suggested] [--json] [--dry-run] [ORIGIN...] */
#include "trust/policy.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/option.h"
#include "cli/print.h"
#include "sites/sites.h"
#include "sites/suggestions.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)
HUFU_DEFINE_AUTO(struct hufu_suggestions *, hufu_suggestions_free)

enum {
    SITES_MAX = HUFU_SITES_MAX + HUFU_SUGGESTIONS_MAX,
    SITES_IN_STEP = 8,            /* a command of more would fill the terminal */
    OUTPUT_MAX = 64 * 1024 * 1024 /* each file in full, each of its bytes up to six in JSON */
};

struct request {
    const char *root;
    const char *data;
    bool remove;
    bool suggested;
    bool json;
    bool dry_run;
    bool help;
    size_t count;
    const char *origins[SITES_MAX];
};

static const struct hufu_option options[] = {
    {.name = "--remove", .offset = offsetof(struct request, remove)},
    {.name = "--suggested", .offset = offsetof(struct request, suggested)},
    {.name = "--json", .offset = offsetof(struct request, json)},
    {.name = "--dry-run", .offset = offsetof(struct request, dry_run)},
    {.name = "--help", .offset = offsetof(struct request, help)},
    {.name = "-h", .offset = offsetof(struct request, help)},
    {.name = "--root", .offset = offsetof(struct request, root), .has_value = true},
    {.name = "--data", .offset = offsetof(struct request, data), .has_value = true},
};

struct words {
    const char *usage;
    const char *states[HUFU_POLICY_STATE_COUNT]; /* padded to one width */
    const char *copy;
    const char *dry_run;
    const char *restart;
    const char *bad_origin;
    const char *bad_root;
    const char *no_site;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu trust policy [--suggested] [ORIGIN...] [OPTION...]\n"
                     "       hufu trust policy --remove [OPTION...]\n\n"
                     "  ORIGIN       such as https://portal.example.tw; without one, the websites\n"
                     "               that are allowed (hufu sites list)\n"
                     "  --suggested  the websites that are known to ask for a card as well\n"
                     "  --remove     take the policies back\n"
                     "  --root DIR   work on the system below DIR, such as an image\n"
                     "  --data DIR   where the known websites are\n"
                     "  --dry-run    change nothing, and print the files\n"
                     "  --json       answer as JSON, for programs\n",
            .states = {[HUFU_POLICY_ABSENT] = "absent ",
                       [HUFU_POLICY_PRESENT] = "present",
                       [HUFU_POLICY_WRITTEN] = "written",
                       [HUFU_POLICY_REMOVED] = "removed",
                       [HUFU_POLICY_REFUSED] = "refused"},
            .copy = "as it was: ",
            .dry_run = "Nothing was changed. This is what root would get:",
            .restart = "Restart the browsers.",
            .bad_origin = "This is no origin: write scheme, host and port as the browser has them "
                          "and nothing behind,\nsuch as https://portal.example.tw\n",
            .bad_root = "The folder of --root is not there.\n",
            .no_site = "No website is allowed yet. Name one:\n"
                       "hufu trust policy https://portal.example.tw\n",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu trust policy [--suggested] [網站來源...] [選項...]\n"
                     "      hufu trust policy --remove [選項...]\n\n"
                     "  網站來源     例如 https://portal.example.tw；未指定時為已允許的網站\n"
                     "               （hufu sites list）\n"
                     "  --suggested  加上已知會使用卡片的網站\n"
                     "  --remove     移除原則\n"
                     "  --root DIR   處理 DIR 之下的系統，例如映像檔\n"
                     "  --data DIR   已知網站清單所在的資料夾\n"
                     "  --dry-run    不變更任何內容，只顯示檔案內容\n"
                     "  --json       以 JSON 輸出，供程式使用\n",
            .states = {[HUFU_POLICY_ABSENT] = "沒有　",
                       [HUFU_POLICY_PRESENT] = "已存在",
                       [HUFU_POLICY_WRITTEN] = "已寫入",
                       [HUFU_POLICY_REMOVED] = "已移除",
                       [HUFU_POLICY_REFUSED] = "未處理"},
            .copy = "原檔案：",
            .dry_run = "未變更任何內容。以 root 權限執行的結果會是：",
            .restart = "請重新啟動瀏覽器。",
            .bad_origin =
                "這不是網站來源：請依瀏覽器的寫法輸入通訊協定、主機與連接埠，後面不加任何字，\n"
                "例如 https://portal.example.tw\n",
            .bad_root = "找不到 --root 指定的資料夾。\n",
            .no_site = "尚未允許任何網站。請指定網站：\n"
                       "hufu trust policy https://portal.example.tw\n",
        },
};

/* --- the command line --- */

static bool parse(int argc, char **argv, struct request *request)
{
    *request = (struct request){.data = HUFU_DATADIR};
    for (int i = 1; i < argc; i++) {
        if (hufu_option_take(options, sizeof options / sizeof options[0], request, argc, argv, &i))
            continue;
        if (argv[i][0] == '-' || request->count == HUFU_SITES_MAX)
            return false;
        request->origins[request->count++] = argv[i];
    }
    return !request->remove || (!request->count && !request->suggested);
}

/* The real path, without a slash at its end, so that paths below it can be put behind it. */
static bool resolve_root(const struct request *request, char ret_root[PATH_MAX])
{
    struct stat info;
    ret_root[0] = 0;
    if (!request->root)
        return true;
    if (!realpath(request->root, ret_root) || stat(ret_root, &info) || !S_ISDIR(info.st_mode))
        return false;
    if (strcmp(ret_root, "/") == 0)
        ret_root[0] = 0;
    return true;
}

static void add_allowed(struct request *request, const struct hufu_sites *sites)
{
    for (size_t i = 0; i < sites->count; i++)
        if (hufu_site_rights(&sites->items[i]).allowed)
            request->origins[request->count++] = sites->items[i].origin;
}

static void add_suggested(struct request *request, const struct hufu_suggestions *suggestions)
{
    const char *origin = NULL;
    for (size_t i = 0; (origin = hufu_suggestions_origin(suggestions, i)); i++)
        if (origin[0])
            request->origins[request->count++] = origin;
}

/* --- output --- */

/* What has to be run as root; a list that sudo would not find is written out. */
static void add_command(struct hufu_buf *buf, const struct request *request)
{
    hufu_buf_add_text(buf, " sudo hufu trust policy");
    if (request->remove)
        hufu_buf_add_text(buf, " --remove");
    if (request->root) {
        hufu_buf_add_text(buf, " --root ");
        hufu_print_plain(buf, request->root);
    }
    for (size_t i = 0; i < request->count && request->count <= SITES_IN_STEP; i++)
        hufu_buf_printf(buf, " %s", request->origins[i]);
    if (request->count > SITES_IN_STEP)
        hufu_buf_add_text(buf, " ORIGIN...");
}

static void add_step(struct hufu_buf *buf, const struct hufu_policy_file *file,
                     const struct request *request, enum hufu_language language)
{
    hufu_buf_add_text(buf, hufu_policy_reason_step(file->reason, language));
    if (file->reason == HUFU_POLICY_NOT_ALLOWED)
        add_command(buf, request);
}

static void add_detail(struct hufu_buf *buf, const struct hufu_policy_file *file,
                       enum hufu_language language)
{
    hufu_buf_add_text(buf, hufu_policy_reason_text(file->reason, language));
    if (file->cause[0])
        hufu_buf_printf(buf, " (%s)", file->cause);
}

static void add_member(struct hufu_buf *buf, const char *name, const char *value)
{
    hufu_buf_printf(buf, "\"%s\":", name);
    hufu_print_json(buf, value);
}

static void add_json_file(struct hufu_buf *buf, const struct hufu_policy_file *file,
                          const struct request *request)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf detail = {.max = 2 * PATH_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = 2 * PATH_MAX};
    add_detail(&detail, file, HUFU_LANGUAGE_EN);
    add_step(&step, file, request, HUFU_LANGUAGE_EN);
    const char *const members[][2] = {
        {"browser", file->place->browser},
        {"package", file->place->package},
        {"path", file->path},
        {"state", hufu_policy_state_name(file->state)},
        {"detail", hufu_buf_text(&detail)},
        {"step", hufu_buf_text(&step)},
        {"copy", file->copy[0] ? file->copy : NULL},
        {"content", request->dry_run && file->text.len ? hufu_buf_text(&file->text) : NULL},
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        hufu_buf_add_text(buf, i ? "," : "{");
        add_member(buf, members[i][0], members[i][1]);
    }
    hufu_buf_add_text(buf, "}");
}

/* The one form of this output that scripts rely on: in English, whatever the language. */
static void add_json(struct hufu_buf *buf, const struct hufu_policy_report *report,
                     const struct request *request)
{
    hufu_buf_add_text(buf, "{\"files\":[");
    for (size_t i = 0; i < report->count; i++) {
        hufu_buf_add_text(buf, i ? "," : "");
        add_json_file(buf, &report->files[i], request);
    }
    hufu_buf_add_text(buf, "],\"sites\":[");
    for (size_t i = 0; i < request->count; i++) {
        hufu_buf_add_text(buf, i ? "," : "");
        hufu_print_json(buf, request->origins[i]);
    }
    hufu_buf_printf(buf, "],\"dry_run\":%s,\"ok\":%s}\n", request->dry_run ? "true" : "false",
                    report->ok ? "true" : "false");
}

static void add_line(struct hufu_buf *buf, const struct hufu_policy_file *file,
                     const struct request *request, enum hufu_language language)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf detail = {.max = 2 * PATH_MAX};
    add_detail(&detail, file, language);
    hufu_buf_printf(buf, "%s  %-9s  ", words[language].states[file->state], file->place->browser);
    hufu_print_plain(buf, file->path);
    hufu_buf_add_text(buf, file->reason ? ": " : "");
    hufu_print_plain(buf, hufu_buf_text(&detail));
    if (file->copy[0]) {
        hufu_buf_printf(buf, "  (%s", words[language].copy);
        hufu_print_plain(buf, file->copy);
        hufu_buf_add_text(buf, ")");
    }
    hufu_buf_add_text(buf, "\n");
    if (request->dry_run)
        hufu_buf_add(buf, file->text.data, file->text.len);
}

/* About the first file that was refused, else about the browsers, which read policies when they
 * start. */
static void add_next_step(struct hufu_buf *buf, const struct hufu_policy_report *report,
                          const struct request *request, enum hufu_language language)
{
    bool changed = false;
    for (size_t i = 0; i < report->count; i++) {
        const struct hufu_policy_file *file = &report->files[i];
        changed |= file->state == HUFU_POLICY_WRITTEN || file->state == HUFU_POLICY_REMOVED;
        if (file->state == HUFU_POLICY_REFUSED) {
            add_step(buf, file, request, language);
            hufu_buf_add_text(buf, "\n");
            return;
        }
    }
    if (changed && !request->dry_run)
        hufu_buf_printf(buf, "%s\n", words[language].restart);
}

static void add_text(struct hufu_buf *buf, const struct hufu_policy_report *report,
                     const struct request *request, enum hufu_language language)
{
    if (request->dry_run)
        hufu_buf_printf(buf, "%s\n", words[language].dry_run);
    for (size_t i = 0; i < report->count; i++)
        add_line(buf, &report->files[i], request, language);
    add_next_step(buf, report, request, language);
}

/* --- the command --- */

static int run(const struct request *request, const char *root, enum hufu_language language)
{
    HUFU_AUTO(hufu_policy_report_done) struct hufu_policy_report report = {0};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    const struct hufu_policy_order order = {
        .root = root,
        .sites = {.origins = request->origins, .count = request->count},
        .remove = request->remove,
        .dry_run = request->dry_run,
    };
    umask(022); /* every user's browser reads them */
    hufu_policy_run(&order, &report);
    if (request->json)
        add_json(&text, &report, request);
    else
        add_text(&text, &report, request, language);
    fputs(hufu_buf_text(&text), stdout);
    return report.ok && !text.failed ? HUFU_EXIT_DONE : HUFU_EXIT_FAILED;
}

static int run_with_lists(struct request *request, const char *root, enum hufu_language language)
{
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    HUFU_AUTO(hufu_suggestions_free_auto) struct hufu_suggestions *suggestions = NULL;
    if (!request->count && !request->remove) {
        if (hufu_sites_load(&sites, &err) != HUFU_OK)
            return hufu_print_failure(&err);
        add_allowed(request, sites);
    }
    if (request->suggested) {
        if (hufu_suggestions_load(request->data, &suggestions, &err) != HUFU_OK)
            return hufu_print_failure(&err);
        add_suggested(request, suggestions);
    }
    if (!request->count && !request->remove) {
        fputs(words[language].no_site, stderr);
        return HUFU_EXIT_FAILED;
    }
    return run(request, root, language);
}

int hufu_cli_trust_policy(int argc, char **argv)
{
    struct request request;
    char root[PATH_MAX];
    enum hufu_language language = hufu_language_of_environment();
    bool valid = parse(argc, argv, &request);
    if (!valid || request.help) {
        fputs(words[language].usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    for (size_t i = 0; i < request.count; i++)
        if (!hufu_origin_valid(request.origins[i])) {
            fputs(words[language].bad_origin, stderr);
            return HUFU_EXIT_USAGE;
        }
    if (!resolve_root(&request, root)) {
        fputs(words[language].bad_root, stderr);
        return HUFU_EXIT_USAGE;
    }
    return run_with_lists(&request, root, language);
}
