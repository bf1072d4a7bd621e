#include "cli/doctor_print.h"

#include "base/cleanup.h"
#include "cli/print.h"

#include <stdio.h>

struct words {
    const char *well;
    const char *works; /* but something should be done */
    const char *states[HUFU_STATE_COUNT];
    const char *separator;
    const char *step;
    const char *fine; /* how many */
    const char *skipped;
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] = {.well = "All is well.",
                          .works = "hufu works, but: ",
                          .states = {[HUFU_STATE_OK] = "ok       ",
                                     [HUFU_STATE_NOTE] = "note     ",
                                     [HUFU_STATE_ATTENTION] = "attention",
                                     [HUFU_STATE_TROUBLE] = "trouble  ",
                                     [HUFU_STATE_SKIPPED] = "skipped  "},
                          .separator = ": ",
                          .step = "           next: ",
                          .fine = "Checks that are fine: ",
                          .skipped = "; not looked at: "},
    [HUFU_LANGUAGE_ZH_TW] = {.well = "一切正常。",
                             .works = "虎符可以使用，但：",
                             .states = {[HUFU_STATE_OK] = "正常",
                                        [HUFU_STATE_NOTE] = "說明",
                                        [HUFU_STATE_ATTENTION] = "注意",
                                        [HUFU_STATE_TROUBLE] = "異常",
                                        [HUFU_STATE_SKIPPED] = "略過"},
                             .separator = "：",
                             .step = "      下一步：",
                             .fine = "正常的檢查項目：",
                             .skipped = "；未檢查："},
};

static void add_plain_text(struct hufu_buf *buf, const struct hufu_finding *finding,
                           enum hufu_language language)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_FINDING_TEXT_MAX};
    hufu_finding_add_text(&text, finding, language);
    hufu_print_plain(buf, hufu_buf_text(&text));
}

/* Whether there is one. */
static bool add_plain_step(struct hufu_buf *buf, const struct hufu_finding *finding,
                           const char *before, enum hufu_language language)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = HUFU_FINDING_TEXT_MAX};
    hufu_finding_add_step(&step, finding, language);
    if (!step.len)
        return false;
    hufu_buf_add_text(buf, before);
    hufu_print_plain(buf, hufu_buf_text(&step));
    return true;
}

static void add_line(struct hufu_buf *buf, const struct hufu_finding *finding,
                     enum hufu_language language)
{
    int code = hufu_finding_code(finding);
    add_plain_text(buf, finding, language);
    if (code)
        hufu_buf_printf(buf, language == HUFU_LANGUAGE_EN ? " (%d)" : "（%d）", code);
    (void)add_plain_step(buf, finding, language == HUFU_LANGUAGE_EN ? " " : "", language);
}

/* All is well, and there is still something that only a person can do, such as to put the card in.
 */
static const struct hufu_finding *find_note(const struct hufu_diagnosis *diagnosis)
{
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = HUFU_FINDING_TEXT_MAX};
        const struct hufu_finding *finding = &diagnosis->findings[i];
        if (hufu_finding_state(finding) != HUFU_STATE_NOTE)
            continue;
        hufu_finding_add_step(&step, finding, HUFU_LANGUAGE_EN);
        if (step.len)
            return finding;
    }
    return NULL;
}

static void add_verdict(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis,
                        enum hufu_language language)
{
    const struct hufu_finding *note = find_note(diagnosis);
    if (diagnosis->first < HUFU_CHECK_COUNT) {
        hufu_buf_add_text(buf, diagnosis->ok ? words[language].works : "");
        add_line(buf, &diagnosis->findings[diagnosis->first], language);
    } else {
        hufu_buf_add_text(buf, words[language].well);
        if (note && language == HUFU_LANGUAGE_EN)
            hufu_buf_add_text(buf, " ");
        if (note)
            add_line(buf, note, language);
    }
    hufu_buf_add_text(buf, "\n");
}

static void add_check(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis,
                      enum hufu_check check, enum hufu_language language)
{
    const struct hufu_finding *finding = &diagnosis->findings[check];
    hufu_buf_printf(buf, "%s  %s%s", words[language].states[hufu_finding_state(finding)],
                    hufu_check_title(check, language), words[language].separator);
    add_plain_text(buf, finding, language);
    hufu_buf_add_text(buf, "\n");
    if (add_plain_step(buf, finding, words[language].step, language))
        hufu_buf_add_text(buf, "\n");
}

void hufu_doctor_print_text(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis, bool all,
                            enum hufu_language language)
{
    unsigned counts[HUFU_STATE_COUNT] = {0};
    add_verdict(buf, diagnosis, language);
    hufu_buf_add_text(buf, "\n");
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++) {
        enum hufu_check_state state = hufu_finding_state(&diagnosis->findings[i]);
        counts[state]++;
        if (all || (state != HUFU_STATE_OK && state != HUFU_STATE_SKIPPED))
            add_check(buf, diagnosis, (enum hufu_check)i, language);
    }
    if (all)
        return;
    hufu_buf_printf(buf, "%s%u", words[language].fine, counts[HUFU_STATE_OK]);
    if (counts[HUFU_STATE_SKIPPED])
        hufu_buf_printf(buf, "%s%u", words[language].skipped, counts[HUFU_STATE_SKIPPED]);
    hufu_buf_add_text(buf, "\n");
}

/* --- for programs --- */

typedef void add_text(struct hufu_buf *buf, const struct hufu_finding *finding,
                      enum hufu_language language);

/* ,"name":{"en":"...","zh-TW":"..."} */
static void add_json_texts(struct hufu_buf *buf, const char *name,
                           const struct hufu_finding *finding, add_text *add)
{
    static const char *const languages[] = {
        [HUFU_LANGUAGE_EN] = "en", [HUFU_LANGUAGE_ZH_TW] = "zh-TW"};
    hufu_buf_printf(buf, ",\"%s\":{", name);
    for (int language = 0; language < 2; language++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_FINDING_TEXT_MAX};
        add(&text, finding, (enum hufu_language)language);
        hufu_buf_printf(buf, "%s\"%s\":", language ? "," : "", languages[language]);
        hufu_print_json(buf, hufu_buf_text(&text));
    }
    hufu_buf_add_text(buf, "}");
}

static void add_json_details(struct hufu_buf *buf, const struct hufu_finding *finding)
{
    hufu_buf_add_text(buf, ",\"details\":{");
    for (size_t i = 0; i < finding->value_count; i++) {
        hufu_buf_printf(buf, "%s\"%s\":", i ? "," : "", finding->values[i].name);
        hufu_print_json(buf, finding->values[i].text[HUFU_LANGUAGE_EN]);
    }
    hufu_buf_add_text(buf, "}");
}

static void add_json_check(struct hufu_buf *buf, enum hufu_check check,
                           const struct hufu_finding *finding)
{
    int code = hufu_finding_code(finding);
    hufu_buf_printf(buf, "{\"id\":\"%s\",\"state\":\"%s\",\"title\":{\"en\":", hufu_check_id(check),
                    hufu_check_state_name(hufu_finding_state(finding)));
    hufu_print_json(buf, hufu_check_title(check, HUFU_LANGUAGE_EN));
    hufu_buf_add_text(buf, ",\"zh-TW\":");
    hufu_print_json(buf, hufu_check_title(check, HUFU_LANGUAGE_ZH_TW));
    hufu_buf_add_text(buf, "}");
    add_json_texts(buf, "text", finding, hufu_finding_add_text);
    add_json_texts(buf, "step", finding, hufu_finding_add_step);
    hufu_buf_add_text(buf, ",\"fix\":");
    hufu_print_json(buf, hufu_fix_name(hufu_finding_fix(finding)));
    if (code)
        hufu_buf_printf(buf, ",\"code\":%d", code);
    else
        hufu_buf_add_text(buf, ",\"code\":null");
    add_json_details(buf, finding);
    hufu_buf_add_text(buf, "}");
}

static void add_json_fixed(struct hufu_buf *buf, const struct hufu_doctor_fixed *fixed)
{
    hufu_buf_add_text(buf, ",\"fixed\":[");
    for (size_t i = 0; i < fixed->count; i++)
        hufu_buf_printf(buf, "%s{\"fix\":\"%s\",\"done\":%s}", i ? "," : "",
                        hufu_fix_name(fixed->fixes[i]), fixed->done[i] ? "true" : "false");
    hufu_buf_add_text(buf, "]");
}

void hufu_doctor_print_json(struct hufu_buf *buf, const struct hufu_diagnosis *diagnosis,
                            const struct hufu_doctor_fixed *fixed)
{
    hufu_buf_add_text(buf, "{\"version\":\"" HUFU_VERSION "\",\"checks\":[");
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++) {
        hufu_buf_add_text(buf, i ? "," : "");
        add_json_check(buf, (enum hufu_check)i, &diagnosis->findings[i]);
    }
    hufu_buf_add_text(buf, "],\"first\":");
    hufu_print_json(buf,
                    diagnosis->first < HUFU_CHECK_COUNT ? hufu_check_id(diagnosis->first) : NULL);
    if (fixed)
        add_json_fixed(buf, fixed);
    hufu_buf_printf(buf, ",\"ok\":%s}\n", diagnosis->ok ? "true" : "false");
}
