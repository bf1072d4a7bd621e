#include "cli/trust_print.h"

#include "cli/print.h"
#include "cli/trust_step.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <time.h>

enum {
    REMARK_MAX = 1024,      /* of detail or name; the longest has some 200 bytes */
    STEP_MAX = 5 * PATH_MAX /* a sentence, and a path of which each byte may be quoted */
};

/* What a date stands between. */
struct sentence {
    const char *before;
    const char *after;
};

struct words {
    const char *states[HUFU_TRUST_STATE_COUNT]; /* padded to one width */
    struct sentence good;                       /* the certificate, until a day */
    struct sentence ended;
    struct sentence next;
    const char *no_leaf;
    const char *failed;
    const char *restart;
    const char *copy;
    const char *saved;
    const char *lost;
    const char *uncounted;
    const char *keys_lost;
    const char *between; /* of two things that are wrong with one store */
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
            .good = {"The certificate is good until ", "."},
            .ended = {"The certificate ended on ", "."},
            .next = {" The next one is good until ", "."},
            .no_leaf = "There is no certificate yet.",
            .failed = "the handshake with hufud failed",
            .restart = "it has to be restarted",
            .copy = "a copy is kept in ",
            .saved = "entries saved: ",
            .lost = ", lost: ",
            .uncounted = " or more",
            .keys_lost = "its private keys and saved passwords can no longer be read",
            .between = "; ",
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
            .good = {"憑證有效期限至 ", "。"},
            .ended = {"憑證已於 ", " 到期。"},
            .next = {"下一張憑證有效期限至 ", "。"},
            .no_leaf = "尚無憑證。",
            .failed = "與 hufud 連線測試失敗",
            .restart = "需重新啟動",
            .copy = "副本保存於 ",
            .saved = "救回的項目：",
            .lost = "，遺失：",
            .uncounted = " 以上",
            .keys_lost = "私密金鑰與瀏覽器儲存的密碼已無法讀取",
            .between = "；",
            .dry_run = "未變更任何內容，實際執行的結果會是：",
        },
};

/* --- for programs --- */

/* "it could not be opened (SEC_ERROR_BAD_DATABASE)", or nothing. */
static void add_detail(struct hufu_buf *buf, const struct hufu_trust_answer *answer,
                       enum hufu_language language)
{
    hufu_buf_add_text(buf, hufu_trust_reason_text(answer->reason, language));
    if (answer->cause[0])
        hufu_buf_printf(buf, " (%s)", answer->cause);
}

/* ,"name":"text", or null for NULL. */
static void add_member(struct hufu_buf *buf, const char *name, const char *text)
{
    hufu_buf_printf(buf, ",\"%s\":", name);
    hufu_print_json(buf, text);
}

static void add_json_store(struct hufu_buf *buf, const struct hufu_trust_report *report,
                           const struct hufu_store *store, bool asked)
{
    const struct hufu_trust_answer *answer = &store->answer;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf detail = {.max = REMARK_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = STEP_MAX};
    add_detail(&detail, answer, HUFU_LANGUAGE_EN);
    hufu_trust_add_step(&step, report, store, asked, HUFU_LANGUAGE_EN);
    hufu_buf_add_text(buf, "{\"kind\":");
    hufu_print_json(buf, store->kind);
    add_member(buf, "browser", store->browser);
    add_member(buf, "package", store->package);
    add_member(buf, "path", store->path);
    add_member(buf, "state", hufu_trust_state_name(answer->state));
    add_member(buf, "detail", hufu_buf_text(&detail));
    add_member(buf, "step", hufu_buf_text(&step));
    add_member(buf, "handshake", hufu_trust_handshake_name(answer->handshake));
    hufu_buf_printf(buf, ",\"restart\":%s", answer->restart ? "true" : "false");
    add_member(buf, "copy", answer->copy[0] ? answer->copy : NULL);
    hufu_buf_add_text(buf, "}");
}

static void add_json_leaf(struct hufu_buf *buf, const char *path, const struct hufu_leaf_info *leaf)
{
    char not_after[sizeof "2028-11-21T10:00:00Z"] = "";
    struct tm parts;
    if (leaf && gmtime_r(&leaf->not_after, &parts))
        strftime(not_after, sizeof not_after, "%Y-%m-%dT%H:%M:%SZ", &parts);
    hufu_buf_add_text(buf, "{\"path\":");
    hufu_print_json(buf, path);
    add_member(buf, "sha256", leaf ? leaf->sha256 : NULL);
    add_member(buf, "not_after", leaf ? not_after : NULL);
    hufu_buf_add_text(buf, "}");
}

static void add_json_service(struct hufu_buf *buf, const struct hufu_server *server)
{
    if (server->state >= HUFU_SERVER_OUTDATED)
        hufu_buf_printf(buf, ",\"port\":%u", (unsigned)server->port);
    else
        hufu_buf_add_text(buf, ",\"port\":null");
}

void hufu_trust_print_json(struct hufu_buf *buf, const struct hufu_trust_report *report, bool asked)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = STEP_MAX};
    hufu_trust_add_next_step(&step, report, asked, HUFU_LANGUAGE_EN);
    hufu_buf_add_text(buf, "{\"certificate\":");
    add_json_leaf(buf, report->certificate, report->has_leaf ? &report->leaf : NULL);
    hufu_buf_add_text(buf, ",\"next\":");
    if (report->has_next)
        add_json_leaf(buf, report->next_certificate, &report->next);
    else
        hufu_print_json(buf, NULL);
    add_json_service(buf, &report->server);
    hufu_buf_add_text(buf, ",\"stores\":[");
    for (size_t i = 0; i < report->stores.count; i++) {
        hufu_buf_add_text(buf, i ? "," : "");
        add_json_store(buf, report, &report->stores.items[i], asked);
    }
    hufu_buf_printf(buf, "],\"dry_run\":%s", report->dry_run ? "true" : "false");
    add_member(buf, "step", hufu_buf_text(&step));
    hufu_buf_printf(buf, ",\"ok\":%s}\n", report->ok ? "true" : "false");
}

/* --- for people --- */

/* What came of the rows of a damaged database. */
static void add_counts(struct hufu_buf *buf, const struct hufu_trust_answer *answer,
                       const struct words *text)
{
    hufu_buf_printf(buf, "%s%s%u%s%u%s", text->between, text->saved, answer->saved, text->lost,
                    answer->lost, answer->uncounted ? text->uncounted : "");
    if (answer->keys_lost)
        hufu_buf_printf(buf, "%s%s", text->between, text->keys_lost);
}

/* What follows the path: all that is wrong, or was kept. */
static void add_remarks(struct hufu_buf *buf, const struct hufu_trust_answer *answer,
                        enum hufu_language language)
{
    const char *before = ": ";
    const char *const remarks[] = {
        answer->state == HUFU_TRUST_TRUSTED && answer->handshake == HUFU_TRUST_FAILED
            ? words[language].failed
            : NULL,
        answer->restart ? words[language].restart : NULL,
    };
    if (answer->reason) {
        hufu_buf_add_text(buf, before);
        add_detail(buf, answer, language);
        before = words[language].between;
    }
    for (size_t i = 0; i < sizeof remarks / sizeof remarks[0]; i++)
        if (remarks[i]) {
            hufu_buf_printf(buf, "%s%s", before, remarks[i]);
            before = words[language].between;
        }
    if (answer->copy[0]) {
        hufu_buf_printf(buf, "%s%s", before, words[language].copy);
        hufu_print_plain(buf, answer->copy);
        add_counts(buf, answer, &words[language]);
    }
}

/* "Firefox (snap)" */
static int name_of(const struct hufu_store *store, struct hufu_buf *buf)
{
    hufu_buf_add_text(buf, store->browser);
    if (store->package[0])
        hufu_buf_printf(buf, " (%s)", store->package);
    return (int)buf->len;
}

static int widest_name(const struct hufu_stores *stores)
{
    int widest = 0;
    for (size_t i = 0; i < stores->count; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf name = {.max = REMARK_MAX};
        int width = name_of(&stores->items[i], &name);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void add_store(struct hufu_buf *buf, const struct hufu_store *store, int width,
                      enum hufu_language language)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf name = {.max = REMARK_MAX};
    (void)name_of(store, &name);
    hufu_buf_printf(buf, "%s  %-*s  ", words[language].states[store->answer.state], width,
                    hufu_buf_text(&name));
    hufu_print_plain(buf, store->path);
    add_remarks(buf, &store->answer, language);
    hufu_buf_add_text(buf, "\n");
}

static void add_day(struct hufu_buf *buf, const struct sentence *sentence, time_t when)
{
    char day[sizeof "2028-11-21"] = "";
    struct tm parts;
    if (gmtime_r(&when, &parts))
        strftime(day, sizeof day, "%Y-%m-%d", &parts);
    hufu_buf_printf(buf, "%s%s%s", sentence->before, day, sentence->after);
}

static void add_days(struct hufu_buf *buf, const struct hufu_trust_report *report,
                     const struct words *text)
{
    if (!report->has_leaf)
        hufu_buf_add_text(buf, text->no_leaf);
    else
        add_day(buf, report->leaf.not_after > time(NULL) ? &text->good : &text->ended,
                report->leaf.not_after);
    if (report->has_next)
        add_day(buf, &text->next, report->next.not_after);
    hufu_buf_add_text(buf, "\n");
}

void hufu_trust_print_text(struct hufu_buf *buf, const struct hufu_trust_report *report, bool asked,
                           enum hufu_language language)
{
    int width = widest_name(&report->stores);
    if (report->dry_run)
        hufu_buf_printf(buf, "%s\n", words[language].dry_run);
    for (size_t i = 0; i < report->stores.count; i++)
        add_store(buf, &report->stores.items[i], width, language);
    if (asked && !report->system)
        add_days(buf, report, &words[language]);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = STEP_MAX};
    hufu_trust_add_next_step(&step, report, asked, language);
    hufu_print_plain(buf, hufu_buf_text(&step));
    hufu_buf_add_text(buf, step.len ? "\n" : "");
}
