#include "cli/trust_print.h"

#include "cli/print.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <time.h>

struct words {
    const char *states[HUFU_TRUST_STATE_COUNT]; /* padded to one width */
    const char *install;
    const char *restart;
    const char *dry_run;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .states = {[HUFU_TRUST_ABSENT] = "not trusted",
                       [HUFU_TRUST_TRUSTED] = "trusted    ",
                       [HUFU_TRUST_ADDED] = "added      ",
                       [HUFU_TRUST_REMOVED] = "removed    ",
                       [HUFU_TRUST_REPAIRED] = "repaired   ",
                       [HUFU_TRUST_REFUSED] = "refused    "},
            .install = "Run: hufu trust install",
            .restart = "Restart the browser if it is running.",
            .dry_run = "Nothing was changed. This is what would come of it:",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .states = {[HUFU_TRUST_ABSENT] = "未信任",
                       [HUFU_TRUST_TRUSTED] = "已信任",
                       [HUFU_TRUST_ADDED] = "已加入",
                       [HUFU_TRUST_REMOVED] = "已移除",
                       [HUFU_TRUST_REPAIRED] = "已修復",
                       [HUFU_TRUST_REFUSED] = "未處理"},
            .install = "請執行：hufu trust install",
            .restart = "若瀏覽器正在執行，請重新啟動瀏覽器。",
            .dry_run = "未變更任何內容，實際執行的結果會是：",
        },
};

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
    hufu_buf_add_text(buf, ",\"browser\":");
    hufu_print_json(buf, store->browser);
    hufu_buf_add_text(buf, ",\"package\":");
    hufu_print_json(buf, store->package);
    hufu_buf_add_text(buf, ",\"path\":");
    hufu_print_json(buf, store->path);
    hufu_buf_add_text(buf, ",\"state\":");
    hufu_print_json(buf, hufu_trust_state_name(store->answer.state));
    hufu_buf_add_text(buf, ",\"detail\":");
    hufu_print_json(buf, hufu_buf_text(&detail));
    hufu_buf_add_text(buf, ",\"handshake\":");
    hufu_print_json(buf, hufu_trust_handshake_name(store->answer.handshake));
    hufu_buf_printf(buf, ",\"restart\":%s", store->answer.restart ? "true" : "false");
    hufu_buf_add_text(buf, "}");
}

void hufu_trust_print_json(struct hufu_buf *buf, const struct hufu_trust_report *report)
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
    hufu_buf_printf(buf, "],\"dry_run\":%s,\"ok\":%s}\n", report->dry_run ? "true" : "false",
                    report->ok ? "true" : "false");
}

/* What a person does next: about the first store that was refused, else about trust, else about
 * the browser, which reads its store when it starts. */
static const char *next_step(const struct hufu_trust_report *report, bool asked,
                             enum hufu_language language)
{
    const char *step = asked && !report->ok ? words[language].install : "";
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_trust_answer *answer = &report->stores.items[i].answer;
        if (answer->state == HUFU_TRUST_REFUSED)
            return hufu_trust_reason_step(answer->reason, language);
        if (!report->dry_run &&
            (answer->state == HUFU_TRUST_ADDED || answer->state == HUFU_TRUST_REPAIRED ||
             answer->state == HUFU_TRUST_REMOVED))
            step = words[language].restart;
    }
    return step;
}

void hufu_trust_print_text(struct hufu_buf *buf, const struct hufu_trust_report *report, bool asked)
{
    enum hufu_language language = hufu_language_of_environment();
    if (report->dry_run)
        hufu_buf_printf(buf, "%s\n", words[language].dry_run);
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_store *store = &report->stores.items[i];
        hufu_buf_printf(buf, "%s  %-11s  %-7s  ", words[language].states[store->answer.state],
                        store->browser, store->package);
        hufu_print_plain(buf, store->path);
        hufu_buf_add_text(buf, store->answer.reason ? ": " : "");
        add_detail(buf, &store->answer, language);
        hufu_buf_add_text(buf, "\n");
    }
    const char *step = next_step(report, asked, language);
    hufu_buf_printf(buf, "%s%s", step, step[0] ? "\n" : "");
}
