/* hufu trust install|status|remove [--json] */
#include "trust/trust.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/print.h"

#include <stdio.h>
#include <string.h>

/* 64 stores of at most a path (each byte up to six in JSON) and a sentence. */
enum { OUTPUT_MAX = 2 * 1024 * 1024 };

struct verb {
    const char *name;
    hufu_trust_action *run;
};

static const struct verb verbs[] = {
    {.name = "install", .run = hufu_trust_install},
    {.name = "status", .run = hufu_trust_status},
    {.name = "remove", .run = hufu_trust_remove},
};

struct request {
    const struct verb *verb;
    bool json;
    bool help;
};

struct words {
    const char *usage;
    const char *states[5]; /* by enum hufu_trust_state, padded to one width */
    const char *install;
    const char *restart;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu trust install | status | remove [--json]\n\n"
                     "  install   make every browser of yours trust hufu on this computer\n"
                     "  status    say which of them do\n"
                     "  remove    take it back, leaving the browsers as they were\n"
                     "  --json    answer as JSON, for programs\n",
            .states = {[HUFU_TRUST_ABSENT] = "not trusted",
                       [HUFU_TRUST_TRUSTED] = "trusted    ",
                       [HUFU_TRUST_ADDED] = "added      ",
                       [HUFU_TRUST_REMOVED] = "removed    ",
                       [HUFU_TRUST_REFUSED] = "refused    "},
            .install = "Run: hufu trust install",
            .restart = "Restart the browser if it is running.",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu trust install | status | remove [--json]\n\n"
                     "  install   讓您所有的瀏覽器信任這台電腦上的虎符\n"
                     "  status    顯示哪些瀏覽器已信任\n"
                     "  remove    取消信任，將瀏覽器恢復原狀\n"
                     "  --json    以 JSON 輸出，供程式使用\n",
            .states = {[HUFU_TRUST_ABSENT] = "未信任",
                       [HUFU_TRUST_TRUSTED] = "已信任",
                       [HUFU_TRUST_ADDED] = "已加入",
                       [HUFU_TRUST_REMOVED] = "已移除",
                       [HUFU_TRUST_REFUSED] = "未處理"},
            .install = "請執行：hufu trust install",
            .restart = "若瀏覽器正在執行，請重新啟動瀏覽器。",
        },
};

static bool parse(int argc, char **argv, struct request *ret_request)
{
    struct request request = {0};
    for (int i = 1; i < argc; i++) {
        const struct verb *verb = NULL;
        for (size_t j = 0; j < sizeof verbs / sizeof verbs[0]; j++)
            if (strcmp(argv[i], verbs[j].name) == 0)
                verb = &verbs[j];
        if (strcmp(argv[i], "--json") == 0)
            request.json = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            request.help = true;
        else if (verb && !request.verb)
            request.verb = verb;
        else
            return false;
    }
    *ret_request = request;
    return request.verb || request.help;
}

/* "it could not be opened (SEC_ERROR_BAD_DATABASE)", or nothing. */
static void add_detail(struct hufu_buf *buf, const struct hufu_trust_answer *answer,
                       enum hufu_language language)
{
    hufu_buf_add_text(buf, hufu_trust_reason_text(answer->reason, language));
    if (answer->cause[0])
        hufu_buf_printf(buf, " (%s)", answer->cause);
}

static void add_json_store(struct hufu_buf *buf, const struct hufu_store *store)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf detail = {.max = HUFU_ERROR_DETAIL_MAX};
    add_detail(&detail, &store->answer, HUFU_LANGUAGE_EN);
    hufu_buf_add_text(buf, "{\"kind\":");
    hufu_print_json(buf, store->kind);
    hufu_buf_add_text(buf, ",\"path\":");
    hufu_print_json(buf, store->path);
    hufu_buf_add_text(buf, ",\"state\":");
    hufu_print_json(buf, hufu_trust_state_name(store->answer.state));
    hufu_buf_add_text(buf, ",\"detail\":");
    hufu_print_json(buf, hufu_buf_text(&detail));
    hufu_buf_add_text(buf, "}");
}

/* The one form of this output that scripts rely on: in English, whatever the language. */
static void add_json(struct hufu_buf *buf, const struct hufu_trust_report *report)
{
    char not_after[sizeof "2028-11-21T10:00:00Z"] = "";
    struct tm parts;
    if (gmtime_r(&report->leaf.not_after, &parts))
        strftime(not_after, sizeof not_after, "%Y-%m-%dT%H:%M:%SZ", &parts);
    hufu_buf_add_text(buf, "{\"certificate\":{\"path\":");
    hufu_print_json(buf, report->certificate);
    hufu_buf_add_text(buf, ",\"sha256\":");
    hufu_print_json(buf, report->has_leaf ? report->leaf.sha256 : NULL);
    hufu_buf_add_text(buf, ",\"not_after\":");
    hufu_print_json(buf, report->has_leaf ? not_after : NULL);
    hufu_buf_add_text(buf, "},\"stores\":[");
    for (size_t i = 0; i < report->stores.count; i++) {
        hufu_buf_add_text(buf, i ? "," : "");
        add_json_store(buf, &report->stores.items[i]);
    }
    hufu_buf_printf(buf, "],\"ok\":%s}\n", report->ok ? "true" : "false");
}

/* What a person does next: about the first store that was refused, else about trust, else about
 * the browser, which reads its store when it starts. */
static const char *next_step(const struct hufu_trust_report *report, const struct verb *verb,
                             enum hufu_language language)
{
    const char *step = verb->run == hufu_trust_status && !report->ok ? words[language].install : "";
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_trust_answer *answer = &report->stores.items[i].answer;
        if (answer->state == HUFU_TRUST_REFUSED)
            return hufu_trust_reason_step(answer->reason, language);
        if (answer->state == HUFU_TRUST_ADDED || answer->state == HUFU_TRUST_REMOVED)
            step = words[language].restart;
    }
    return step;
}

static void add_text(struct hufu_buf *buf, const struct hufu_trust_report *report,
                     const struct verb *verb)
{
    enum hufu_language language = hufu_language_of_environment();
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_store *store = &report->stores.items[i];
        hufu_buf_printf(buf, "%s  %-8s  ", words[language].states[store->answer.state],
                        store->kind);
        hufu_print_plain(buf, store->path);
        hufu_buf_add_text(buf, store->answer.reason ? ": " : "");
        add_detail(buf, &store->answer, language);
        hufu_buf_add_text(buf, "\n");
    }
    const char *step = next_step(report, verb, language);
    hufu_buf_printf(buf, "%s%s", step, step[0] ? "\n" : "");
}

int hufu_cli_trust(int argc, char **argv)
{
    struct request request;
    bool valid = parse(argc, argv, &request);
    if (!valid || request.help) {
        fputs(words[hufu_language_of_environment()].usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_trust_report_done) struct hufu_trust_report report = {0};
    if (request.verb->run(&report, &err) != HUFU_OK)
        return hufu_print_failure(&err);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    if (request.json)
        add_json(&text, &report);
    else
        add_text(&text, &report, request.verb);
    fputs(hufu_buf_text(&text), stdout);
    return report.ok && !text.failed ? HUFU_EXIT_DONE : HUFU_EXIT_FAILED;
}
