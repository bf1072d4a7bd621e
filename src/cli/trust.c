/* hufu trust install|status|repair|remove [--json] [--dry-run] [--system] */
#include "trust/trust.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/option.h"
#include "cli/print.h"
#include "cli/trust_print.h"
#include "trust/watch_linux.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Some hundred stores of at most two paths (each byte up to six in JSON) and some sentences. */
enum { OUTPUT_MAX = 16 * 1024 * 1024 };

/* What works on all stores has an action; the others read their own arguments. */
struct verb {
    const char *name;
    hufu_trust_action *action;
    int (*run)(int argc, char **argv); /* argv[0] is the verb */
};

static int watch(int argc, char **argv);

static const struct verb verbs[] = {
    {.name = "install", .action = hufu_trust_install},
    {.name = "status", .action = hufu_trust_status},
    {.name = "repair", .action = hufu_trust_repair},
    {.name = "remove", .action = hufu_trust_remove},
    {.name = "watch", .run = watch},
    {.name = "policy", .run = hufu_cli_trust_policy},
    {.name = "export", .run = hufu_cli_trust_export},
};

struct request {
    struct hufu_trust_options options;
    const struct verb *verb;
    bool json;
    bool help;
};

static const struct hufu_option options[] = {
    {.name = "--json", .offset = offsetof(struct request, json)},
    {.name = "--dry-run", .offset = offsetof(struct request, options.dry_run)},
    {.name = "--system", .offset = offsetof(struct request, options.system)},
    {.name = "--help", .offset = offsetof(struct request, help)},
    {.name = "-h", .offset = offsetof(struct request, help)},
};

static const char *const usage[] = {
    [HUFU_LANGUAGE_EN] = "Usage: hufu trust install | status | repair | remove\n"
                         "                  [--json] [--dry-run] [--system]\n"
                         "       hufu trust export [FOLDER] [--json] [--dry-run]\n\n"
                         "  install    make every browser of yours trust hufu on this computer\n"
                         "  status     say which of them do\n"
                         "  repair     the same as install, and mend what is damaged\n"
                         "  remove     take it back, leaving the browsers as they were\n"
                         "  export     write the certificate to import by hand, and say how\n"
                         "  policy     answer for everybody, as root; hufu trust policy --help\n"
                         "  --json     answer as JSON, for programs\n"
                         "  --dry-run  change nothing, and say what would come of it\n"
                         "  --system   the system's own store in place of yours; as root\n",
    [HUFU_LANGUAGE_ZH_TW] =
        "用法：hufu trust install | status | repair | remove\n"
        "                 [--json] [--dry-run] [--system]\n"
        "      hufu trust export [資料夾] [--json] [--dry-run]\n\n"
        "  install    讓您所有的瀏覽器信任這台電腦上的虎符\n"
        "  status     顯示哪些瀏覽器已信任\n"
        "  repair     同 install，並修復損壞的憑證資料庫\n"
        "  remove     取消信任，將瀏覽器恢復原狀\n"
        "  export     匯出憑證檔，並說明如何自行匯入\n"
        "  policy     由管理者為所有人設定瀏覽器原則；hufu trust policy --help\n"
        "  --json     以 JSON 輸出，供程式使用\n"
        "  --dry-run  不變更任何內容，只顯示實際執行的結果\n"
        "  --system   改為處理系統的憑證庫，需要 root 權限\n",
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    return NULL;
}

static bool parse(int argc, char **argv, struct request *ret_request)
{
    struct request request = {0};
    for (int i = 1; i < argc; i++) {
        const struct verb *verb = find_verb(argv[i]);
        if (hufu_option_take(options, sizeof options / sizeof options[0], &request, argc, argv, &i))
            continue;
        if (!verb || request.verb)
            return false;
        request.verb = verb;
    }
    *ret_request = request;
    return request.help || (request.verb && request.verb->action);
}

static int run(const struct request *request)
{
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_trust_report_done) struct hufu_trust_report report = {0};
    if (request->verb->action(&request->options, &report, &err) != HUFU_OK)
        return hufu_print_failure(&err);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    bool asked = request->verb->action == hufu_trust_status;
    if (request->json)
        hufu_trust_print_json(&text, &report, asked);
    else
        hufu_trust_print_text(&text, &report, asked, hufu_language_of_environment());
    fputs(hufu_buf_text(&text), stdout);
    return report.ok && !text.failed ? HUFU_EXIT_DONE : HUFU_EXIT_FAILED;
}

static int print_usage(bool wanted)
{
    fputs(usage[hufu_language_of_environment()], wanted ? stdout : stderr);
    return wanted ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
}

/* For hufud's monitor, and for no person: it is not in the usage. */
static int watch(int argc, char **argv)
{
    bool again = argc == 2 && strcmp(argv[1], "--again") == 0;
    if (argc != 1 && !again)
        return print_usage(false);
    hufu_log_init("hufu");
    hufu_trust_watch(again);
    return HUFU_EXIT_DONE;
}

int hufu_cli_trust(int argc, char **argv)
{
    const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
    if (verb && verb->run)
        return verb->run(argc - 1, argv + 1);
    struct request request;
    bool valid = parse(argc, argv, &request);
    if (valid && !request.help)
        return run(&request);
    return print_usage(valid);
}
