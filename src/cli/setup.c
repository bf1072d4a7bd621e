/* hufu setup [--remove [--off]] [--system] [--json] [--dry-run] */
#include "setup/setup.h"

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/option.h"
#include "cli/print.h"
#include "error/error.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Eight steps, each with a path of which each byte may be quoted, and become six in JSON. */
enum { OUTPUT_MAX = 512 * 1024 };

struct request {
    struct hufu_setup_order order;
    bool json;
    bool help;
};

static const struct hufu_option options[] = {
    {.name = "--remove", .offset = offsetof(struct request, order.remove)},
    {.name = "--off", .offset = offsetof(struct request, order.off)},
    {.name = "--system", .offset = offsetof(struct request, order.system)},
    {.name = "--dry-run", .offset = offsetof(struct request, order.dry_run)},
    {.name = "--json", .offset = offsetof(struct request, json)},
    {.name = "--help", .offset = offsetof(struct request, help)},
    {.name = "-h", .offset = offsetof(struct request, help)},
    {.name = "--data", .offset = offsetof(struct request, order.data_folder), .has_value = true},
};

/* What is said behind a step, and what a person does about it; %s is the cause. Only the steps of
 * what failed, of browsers and of what comes back are one that a person has to do. */
struct remark {
    const char *text;
    const char *step;
};

struct words {
    const char *usage;
    const char *as_root;
    const char *dry_run;
    const char *colon;
    const char *states[2][HUFU_SETUP_STATE_COUNT]; /* by `remove`; padded to one width */
    const char *ready;                             /* the step when all is well */
    struct remark remarks[HUFU_SETUP_NOTE_COUNT];
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage =
                "Usage: hufu setup [--remove [--off]] [--system] [--json] [--dry-run]\n\n"
                "Starts hufu for you, now and at each login, and makes your browsers trust it.\n\n"
                "  --remove    take all of it back, with what hufu wrote down about websites\n"
                "  --off       with --remove: keep it off for you where it is installed for all\n"
                "  --system    the policies of browsers, for everybody; as root\n"
                "  --data DIR  where hufu's data is\n"
                "  --json      answer as JSON, for programs\n"
                "  --dry-run   change nothing, and say what would come of it\n",
            .as_root = "hufu setup is about one person's browsers and must not run as root.\n"
                       "Run it as yourself: hufu setup\n",
            .dry_run = "Nothing was changed. This is what would come of it:\n",
            .colon = ": ",
            .states = {{[HUFU_SETUP_DONE] = "ready  ",
                        [HUFU_SETUP_CHANGED] = "set up ",
                        [HUFU_SETUP_LEFT] = "skipped",
                        [HUFU_SETUP_FAILED] = "failed "},
                       {[HUFU_SETUP_DONE] = "absent ",
                        [HUFU_SETUP_CHANGED] = "removed",
                        [HUFU_SETUP_LEFT] = "skipped",
                        [HUFU_SETUP_FAILED] = "failed "}},
            .ready = "Put your card in and open the website. If it does not work: hufu doctor",
            .remarks =
                {
                    [HUFU_SETUP_NO_NOTE] = {"", ""},
                    [HUFU_SETUP_BY_UNITS] = {"by systemd", ""},
                    [HUFU_SETUP_BY_DESKTOP] = {"by the desktop", ""},
                    [HUFU_SETUP_FOR_ALL] =
                        {"it is installed for everybody and starts again at your next login",
                         "Uninstall it (sudo apt remove hufu), or keep it off for you alone: "
                         "hufu setup --remove --off"},
                    [HUFU_SETUP_KEPT_OFF] = {"kept off for you, until hufu setup", ""},
                    [HUFU_SETUP_OWN_FILE] = {"you have your own %s in ~/.config/autostart", ""},
                    [HUFU_SETUP_NO_PROGRAM] = {"it is not installed", ""},
                    [HUFU_SETUP_NO_BROWSER] = {"a browser is served when it is first started", ""},
                    [HUFU_SETUP_RESTART] = {"to be restarted: %s", "Restart %s."},
                    [HUFU_SETUP_REFUSED] = {"%s was left as it is, because ", ""},
                    [HUFU_SETUP_POLICY] = {"%s was left as it is",
                                           "Run: sudo hufu trust policy --suggested"},
                    [HUFU_SETUP_ASK_ROOT] =
                        {"for everybody, if an administrator wants it: sudo hufu setup --system",
                         ""},
                    [HUFU_SETUP_NOT_ROOT] = {"only root may write them",
                                             "Run it as root: sudo hufu setup --system"},
                    [HUFU_SETUP_NOT_STARTED] = {"hufud did not start", "Run: hufu doctor"},
                    [HUFU_SETUP_NOT_ENDED] = {"%s did not end", "Log out, and run it once more."},
                    [HUFU_SETUP_SYSTEMD] = {"%s", "Run: systemctl --user status hufud.socket"},
                    [HUFU_SETUP_FILE] = {"%s", "Mend that, and run it once more."},
                    [HUFU_SETUP_WITHOUT_EFFECT] = {"it was done, and had no effect",
                                                   "Run: hufu doctor"},
                },
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu setup [--remove [--off]] [--system] [--json] [--dry-run]\n\n"
                     "現在與每次登入時為您啟動虎符，並讓您的瀏覽器信任它。\n\n"
                     "  --remove    全部移除，包括虎符對網站的紀錄\n"
                     "  --off       與 --remove 並用：為所有人安裝時，只對您停用\n"
                     "  --system    由管理者為所有人設定瀏覽器原則，需要 root 權限\n"
                     "  --data DIR  虎符資料所在的資料夾\n"
                     "  --json      以 JSON 輸出，供程式使用\n"
                     "  --dry-run   不變更任何內容，只顯示實際執行的結果\n",
            .as_root = "hufu setup 設定的是個人的瀏覽器，不可以 root 執行。\n"
                       "請以您自己的帳號執行：hufu setup\n",
            .dry_run = "未變更任何內容，實際執行的結果會是：\n",
            .colon = "：",
            .states = {{[HUFU_SETUP_DONE] = "已就緒",
                        [HUFU_SETUP_CHANGED] = "已設定",
                        [HUFU_SETUP_LEFT] = "未處理",
                        [HUFU_SETUP_FAILED] = "失敗　"},
                       {[HUFU_SETUP_DONE] = "沒有　",
                        [HUFU_SETUP_CHANGED] = "已移除",
                        [HUFU_SETUP_LEFT] = "未處理",
                        [HUFU_SETUP_FAILED] = "失敗　"}},
            .ready = "請插入卡片並開啟網站；若無法使用，請執行：hufu doctor",
            .remarks =
                {
                    [HUFU_SETUP_NO_NOTE] = {"", ""},
                    [HUFU_SETUP_BY_UNITS] = {"由 systemd 啟動", ""},
                    [HUFU_SETUP_BY_DESKTOP] = {"由桌面環境啟動", ""},
                    [HUFU_SETUP_FOR_ALL] =
                        {"已為所有人安裝，下次登入時會再啟動",
                         "請解除安裝（sudo apt remove hufu），或只對您停用：hufu setup --remove "
                         "--off"},
                    [HUFU_SETUP_KEPT_OFF] = {"已對您停用，執行 hufu setup 可重新啟用", ""},
                    [HUFU_SETUP_OWN_FILE] = {"~/.config/autostart 裡有您自己的 %s", ""},
                    [HUFU_SETUP_NO_PROGRAM] = {"沒有安裝", ""},
                    [HUFU_SETUP_NO_BROWSER] = {"瀏覽器第一次啟動後就會處理", ""},
                    [HUFU_SETUP_RESTART] = {"需重新啟動：%s", "請重新啟動 %s。"},
                    [HUFU_SETUP_REFUSED] = {"%s 維持原狀，因為", ""},
                    [HUFU_SETUP_POLICY] = {"%s 維持原狀",
                                           "請執行：sudo hufu trust policy --suggested"},
                    [HUFU_SETUP_ASK_ROOT] =
                        {"由管理者決定是否為所有人設定：sudo hufu setup --system", ""},
                    [HUFU_SETUP_NOT_ROOT] = {"只有 root 可以寫入",
                                             "請以 root 執行：sudo hufu setup --system"},
                    [HUFU_SETUP_NOT_STARTED] = {"hufud 沒有啟動", "請執行：hufu doctor"},
                    [HUFU_SETUP_NOT_ENDED] = {"%s 沒有結束", "請登出後再執行一次。"},
                    [HUFU_SETUP_SYSTEMD] = {"%s", "請執行：systemctl --user status hufud.socket"},
                    [HUFU_SETUP_FILE] = {"%s", "請排除後再執行一次。"},
                    [HUFU_SETUP_WITHOUT_EFFECT] = {"已執行，但沒有效果", "請執行：hufu doctor"},
                },
        },
};

/* --- the command line --- */

static bool parse(int argc, char **argv, struct request *request)
{
    *request = (struct request){.order = {.data_folder = HUFU_DATADIR}};
    for (int i = 1; i < argc; i++)
        if (!hufu_option_take(options, sizeof options / sizeof options[0], request, argc, argv, &i))
            return false;
    return !request->order.off || (request->order.remove && !request->order.system);
}

/* --- output --- */

/* The text with the cause in the place of its %s. */
static void add_filled(struct hufu_buf *buf, const char *text, const char *cause)
{
    const char *gap = strstr(text, "%s");
    size_t len = gap ? (size_t)(gap - text) : strlen(text);
    hufu_buf_add(buf, text, len);
    if (!gap)
        return;
    hufu_print_plain(buf, cause);
    hufu_buf_add_text(buf, gap + strlen("%s"));
}

static void add_remark(struct hufu_buf *buf, const struct hufu_setup_result *result,
                       enum hufu_language language)
{
    add_filled(buf, words[language].remarks[result->note].text, result->cause);
    hufu_buf_add_text(buf, hufu_trust_reason_text(result->reason, language));
}

static void add_step(struct hufu_buf *buf, const struct hufu_setup_result *result,
                     enum hufu_language language)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = OUTPUT_MAX};
    add_filled(buf, words[language].remarks[result->note].step, result->cause);
    hufu_trust_reason_add_step(&step, result->reason, result->path, language);
    hufu_print_plain(buf, hufu_buf_text(&step));
}

/* That of the first step that failed, else of the first that has one. */
static void add_next_step(struct hufu_buf *buf, const struct hufu_setup_report *report,
                          const struct hufu_setup_order *order, enum hufu_language language)
{
    for (int failed = 1; failed >= 0; failed--)
        for (size_t i = 0; !buf->len && i < report->count; i++)
            if (!failed || report->results[i].state == HUFU_SETUP_FAILED)
                add_step(buf, &report->results[i], language);
    if (!buf->len && !order->remove && !order->system)
        hufu_buf_add_text(buf, words[language].ready);
}

static void add_text(struct hufu_buf *buf, const struct hufu_setup_report *report,
                     const struct hufu_setup_order *order, enum hufu_language language)
{
    const struct words *in = &words[language];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = OUTPUT_MAX};
    hufu_buf_add_text(buf, order->dry_run ? in->dry_run : "");
    for (size_t i = 0; i < report->count; i++) {
        const struct hufu_setup_result *result = &report->results[i];
        hufu_buf_printf(buf, "%s  %s%s", in->states[order->remove][result->state],
                        report->steps[i]->name[language], result->note ? in->colon : "");
        add_remark(buf, result, language);
        hufu_buf_add_text(buf, "\n");
    }
    add_next_step(&step, report, order, language);
    hufu_buf_printf(buf, "%s%s", hufu_buf_text(&step), step.len ? "\n" : "");
}

/* The one form of this output that scripts rely on: in English, whatever the language. */
static void add_json(struct hufu_buf *buf, const struct hufu_setup_report *report,
                     const struct hufu_setup_order *order)
{
    static const char *const states[HUFU_SETUP_STATE_COUNT] = {
        [HUFU_SETUP_DONE] = "unchanged",
        [HUFU_SETUP_CHANGED] = "changed",
        [HUFU_SETUP_LEFT] = "skipped",
        [HUFU_SETUP_FAILED] = "failed",
    };
    HUFU_AUTO(hufu_buf_done) struct hufu_buf next = {.max = OUTPUT_MAX};
    hufu_buf_add_text(buf, "{\"steps\":[");
    for (size_t i = 0; i < report->count; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf detail = {.max = OUTPUT_MAX};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = OUTPUT_MAX};
        add_remark(&detail, &report->results[i], HUFU_LANGUAGE_EN);
        add_step(&step, &report->results[i], HUFU_LANGUAGE_EN);
        hufu_buf_printf(buf, "%s{\"id\":\"%s\",\"state\":\"%s\",\"detail\":", i ? "," : "",
                        report->steps[i]->id, states[report->results[i].state]);
        hufu_print_json(buf, hufu_buf_text(&detail));
        hufu_buf_add_text(buf, ",\"step\":");
        hufu_print_json(buf, hufu_buf_text(&step));
        hufu_buf_add_text(buf, "}");
    }
    add_next_step(&next, report, order, HUFU_LANGUAGE_EN);
    hufu_buf_add_text(buf, "],\"step\":");
    hufu_print_json(buf, hufu_buf_text(&next));
    hufu_buf_printf(buf, ",\"dry_run\":%s,\"ok\":%s}\n", order->dry_run ? "true" : "false",
                    report->ok ? "true" : "false");
}

/* --- the command --- */

static int run(const struct request *request, enum hufu_language language)
{
    struct hufu_setup_report report;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OUTPUT_MAX};
    hufu_setup_run(&request->order, &report);
    if (request->json)
        add_json(&text, &report, &request->order);
    else
        add_text(&text, &report, &request->order, language);
    fputs(hufu_buf_text(&text), stdout);
    return report.ok && !text.failed ? HUFU_EXIT_DONE : HUFU_EXIT_FAILED;
}

int hufu_cli_setup(int argc, char **argv)
{
    struct request request;
    enum hufu_language language = hufu_language_of_environment();
    bool valid = parse(argc, argv, &request);
    if (!valid || request.help) {
        fputs(words[language].usage, valid ? stdout : stderr);
        return valid ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    /* By sudo it would make root's files in a home, and trust for nobody's browser. */
    if (geteuid() == 0 && !request.order.system) {
        fputs(words[language].as_root, stderr);
        return HUFU_EXIT_FAILED;
    }
    return run(&request, language);
}
