#include "doctor/facts.h"

#include <stdio.h>
#include <string.h>

static const struct row {
    enum hufu_check_state state;
    enum hufu_fix fix;
    enum hufu_status status;
    const char *text[2];
    const char *step[2];
} rows[HUFU_FOUND_COUNT] = {
#define HUFU_FINDING(symbol, state_, fix_, status_, text_en, step_en, text_zh, step_zh)            \
    [HUFU_FOUND_##symbol] = {.state = HUFU_STATE_##state_,                                         \
                             .fix = HUFU_FIX_##fix_,                                               \
                             .status = HUFU_##status_,                                             \
                             .text = {text_en, text_zh},                                           \
                             .step = {step_en, step_zh}},
#include "doctor/findings.def"
#undef HUFU_FINDING
};

const char *hufu_check_state_name(enum hufu_check_state state)
{
    static const char *const names[HUFU_STATE_COUNT] = {[HUFU_STATE_OK] = "ok",
                                                        [HUFU_STATE_NOTE] = "note",
                                                        [HUFU_STATE_ATTENTION] = "attention",
                                                        [HUFU_STATE_TROUBLE] = "trouble",
                                                        [HUFU_STATE_SKIPPED] = "skipped"};
    return names[state];
}

enum hufu_check_state hufu_finding_state(const struct hufu_finding *finding)
{
    return rows[finding->kind].state;
}

enum hufu_fix hufu_finding_fix(const struct hufu_finding *finding)
{
    return rows[finding->kind].fix;
}

int hufu_finding_code(const struct hufu_finding *finding)
{
    return hufu_status_code(rows[finding->kind].status);
}

/* --- values --- */

void hufu_found(struct hufu_finding *finding, enum hufu_finding_kind kind)
{
    *finding = (struct hufu_finding){.kind = kind};
}

/* A second text under the same name is the Chinese one. */
void hufu_found_value(struct hufu_finding *finding, const char *name, const char *text)
{
    for (size_t i = 0; i < finding->value_count; i++)
        if (strcmp(finding->values[i].name, name) == 0) {
            snprintf(finding->values[i].text[HUFU_LANGUAGE_ZH_TW], HUFU_FINDING_VALUE_SIZE, "%s",
                     text);
            return;
        }
    if (finding->value_count == HUFU_FINDING_VALUES_MAX)
        return;
    struct hufu_finding_value *value = &finding->values[finding->value_count++];
    value->name = name;
    for (int language = 0; language < 2; language++)
        snprintf(value->text[language], HUFU_FINDING_VALUE_SIZE, "%s", text);
}

void hufu_found_number(struct hufu_finding *finding, const char *name, long number)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", number);
    hufu_found_value(finding, name, text);
}

void hufu_found_day(struct hufu_finding *finding, const char *name, time_t when)
{
    char day[32] = "?";
    struct tm parts;
    if (localtime_r(&when, &parts))
        strftime(day, sizeof day, "%Y-%m-%d", &parts);
    hufu_found_value(finding, name, day);
}

void hufu_found_process(struct hufu_finding *finding, const struct hufu_process *process)
{
    hufu_found_value(finding, "program", process->name);
    hufu_found_number(finding, "pid", process->pid);
}

/* --- texts --- */

static const struct hufu_finding_value *value_at(const struct hufu_finding *finding, const char *at)
{
    for (size_t i = 0; i < finding->value_count; i++) {
        size_t len = strlen(finding->values[i].name);
        if (strncmp(finding->values[i].name, at, len) == 0 && at[len] == '}')
            return &finding->values[i];
    }
    return NULL;
}

static void fill_in(struct hufu_buf *buf, const struct hufu_finding *finding, const char *text,
                    enum hufu_language language)
{
    while (*text) {
        const struct hufu_finding_value *value = *text == '{' ? value_at(finding, text + 1) : NULL;
        if (value) {
            hufu_buf_add_text(buf, value->text[language]);
            text = strchr(text, '}');
        } else {
            hufu_buf_add(buf, text, 1);
        }
        text++;
    }
}

void hufu_finding_add_text(struct hufu_buf *buf, const struct hufu_finding *finding,
                           enum hufu_language language)
{
    fill_in(buf, finding, rows[finding->kind].text[language], language);
}

void hufu_finding_add_step(struct hufu_buf *buf, const struct hufu_finding *finding,
                           enum hufu_language language)
{
    fill_in(buf, finding, rows[finding->kind].step[language], language);
}
