#include "tray/findings.h"

#include "base/cleanup.h"
#include "error/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const languages[] = {
    [HUFU_LANGUAGE_EN] = "en",
    [HUFU_LANGUAGE_ZH_TW] = "zh-TW",
};

/* Of doctor's states. What is worth knowing only, or could not be looked at, changes no icon. */
static const struct {
    const char *name;
    enum hufu_tray_state state;
} states[] = {
    {"ok", HUFU_TRAY_READY},        {"note", HUFU_TRAY_READY},
    {"skipped", HUFU_TRAY_READY},   {"attention", HUFU_TRAY_ATTENTION},
    {"trouble", HUFU_TRAY_TROUBLE},
};

static void release(json_t **value)
{
    json_decref(*value);
}

/* --- texts --- */

/* In UTF-8: characters that a menu would not show but obey, such as those that turn the direction
 * of what follows. */
static bool is_control(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (byte[0] < 0x20 || byte[0] == 0x7f)
        return true;
    if (byte[0] == 0xc2)
        return byte[1] < 0xa0; /* C1 */
    if (byte[0] != 0xe2)
        return false;
    return (byte[1] == 0x80 &&
            (byte[2] == 0x8e || byte[2] == 0x8f ||                  /* marks of direction */
             (byte[2] >= 0xa8 && byte[2] <= 0xae))) ||              /* separators, overrides */
           (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9); /* isolates */
}

static size_t character_len(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    return first < 0x80 ? 1 : (first < 0xe0 ? 2 : (first < 0xf0 ? 3 : 4));
}

/* `text` is well-formed UTF-8: jansson takes nothing else. */
static void copy_line(char ret_line[HUFU_SENTENCE_MAX], const char *text)
{
    static const char more[] = "\xe2\x80\xa6"; /* an ellipsis */
    size_t used = 0;
    while (*text) {
        size_t len = character_len(text);
        if (used + len + sizeof more > HUFU_SENTENCE_MAX) {
            memcpy(ret_line + used, more, sizeof more);
            return;
        }
        memcpy(ret_line + used, is_control(text) ? " " : text, is_control(text) ? 1 : len);
        used += is_control(text) ? 1 : len;
        text += len;
    }
    ret_line[used] = 0;
}

/* {"en": ..., "zh-TW": ...}; false when one is not there. */
static bool copy_texts(char ret_lines[2][HUFU_SENTENCE_MAX], const json_t *texts)
{
    for (size_t i = 0; i < 2; i++) {
        const char *text = json_string_value(json_object_get(texts, languages[i]));
        if (!text)
            return false;
        copy_line(ret_lines[i], text);
    }
    return true;
}

static void copy_own(char ret_lines[2][HUFU_SENTENCE_MAX], enum hufu_text text)
{
    copy_line(ret_lines[HUFU_LANGUAGE_EN], hufu_text(text, HUFU_LANGUAGE_EN));
    copy_line(ret_lines[HUFU_LANGUAGE_ZH_TW], hufu_text(text, HUFU_LANGUAGE_ZH_TW));
}

/* --- checks --- */

static bool state_of(const json_t *check, enum hufu_tray_state *ret_state)
{
    const char *name = json_string_value(json_object_get(check, "state"));
    for (size_t i = 0; name && i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(name, states[i].name) == 0) {
            *ret_state = states[i].state;
            return true;
        }
    }
    return false;
}

static bool has_id(const json_t *check, const char *id)
{
    const char *own = json_string_value(json_object_get(check, "id"));
    return id && own && strcmp(own, id) == 0;
}

/* The worst state, and the check that a person sees: the one whose step is first, or else the first
 * one that is as bad as the worst. false when a check is not of the form. */
static bool look(const json_t *answer, enum hufu_tray_state *ret_state, const json_t **ret_check)
{
    const json_t *checks = json_object_get(answer, "checks");
    const char *first = json_string_value(json_object_get(answer, "first"));
    enum hufu_tray_state worst = HUFU_TRAY_READY;
    const json_t *named = NULL;
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *check = json_array_get(checks, i);
        enum hufu_tray_state state;
        if (!state_of(check, &state))
            return false;
        if (has_id(check, first) && state != HUFU_TRAY_READY)
            named = check;
        if (state > worst) {
            worst = state;
            found = check;
        }
    }
    *ret_state = worst;
    *ret_check = named ? named : found;
    return json_array_size(checks) > 0;
}

enum hufu_status hufu_findings_read(struct hufu_bytes answer, struct hufu_findings *ret_findings,
                                    struct hufu_error *err)
{
    struct hufu_findings findings = {0};
    const json_t *check = NULL;
    HUFU_AUTO(release)
    json_t *root = json_loadb((const char *)answer.data, answer.len, JSON_REJECT_DUPLICATES, NULL);
    if (!root || !look(root, &findings.state, &check))
        return hufu_fail(err, HUFU_E_GENERAL, "not an answer of hufu doctor");
    if (!check)
        copy_own(findings.text, HUFU_TEXT_TRAY_READY);
    else if (!copy_texts(findings.text, json_object_get(check, "text")) ||
             !copy_texts(findings.step, json_object_get(check, "step")))
        return hufu_fail(err, HUFU_E_GENERAL, "a check of hufu doctor without texts");
    *ret_findings = findings;
    return HUFU_OK;
}

void hufu_findings_none(struct hufu_findings *ret_findings)
{
    *ret_findings = (struct hufu_findings){.state = HUFU_TRAY_TROUBLE};
    copy_own(ret_findings->text, HUFU_TEXT_TRAY_NO_ANSWER);
    copy_own(ret_findings->step, HUFU_TEXT_TRAY_NO_ANSWER_STEP);
}
