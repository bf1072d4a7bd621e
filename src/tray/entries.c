#include "tray/entries.h"

#include "base/cleanup.h"

#include <string.h>

enum entry {
    ROOT = HUFU_ENTRY_ROOT,
    OPEN,
    RESTART,
    LINE_BEFORE_FINDINGS,
    SENTENCE,
    STEP,
    DIAGNOSE,
    LINE_AFTER_FINDINGS,
    LANGUAGE,
    QUIT,
    SYSTEM,
    ZH_TW,
    EN,
    ENTRIES
};

_Static_assert((int)ENTRIES == (int)HUFU_ENTRIES, "entries.h says how many there are");

static void choose_system(struct hufu_tray *tray)
{
    hufu_act_choose(tray, HUFU_CHOICE_SYSTEM);
}

static void choose_zh_tw(struct hufu_tray *tray)
{
    hufu_act_choose(tray, HUFU_CHOICE_ZH_TW);
}

static void choose_en(struct hufu_tray *tray)
{
    hufu_act_choose(tray, HUFU_CHOICE_EN);
}

enum kind { ACTION, LINE, FINDING, MENU, CHOICE };

static const struct {
    enum kind kind;
    enum entry parent;
    enum hufu_text text;          /* of all but lines and findings */
    enum hufu_tray_choice choice; /* of a choice */
    void (*clicked)(struct hufu_tray *tray);
} entries[ENTRIES] = {
    [ROOT] = {.kind = MENU, .parent = ENTRIES, .text = HUFU_TEXT_WINDOW_TITLE},
    [OPEN] = {.text = HUFU_TEXT_TRAY_OPEN, .clicked = hufu_act_open},
    [RESTART] = {.text = HUFU_TEXT_TRAY_RESTART, .clicked = hufu_act_restart},
    [LINE_BEFORE_FINDINGS] = {.kind = LINE},
    [SENTENCE] = {.kind = FINDING},
    [STEP] = {.kind = FINDING},
    [DIAGNOSE] = {.text = HUFU_TEXT_TRAY_DIAGNOSE, .clicked = hufu_act_open},
    [LINE_AFTER_FINDINGS] = {.kind = LINE},
    [LANGUAGE] = {.kind = MENU, .text = HUFU_TEXT_TRAY_LANGUAGE},
    [QUIT] = {.text = HUFU_TEXT_TRAY_QUIT, .clicked = hufu_act_quit},
    [SYSTEM] = {CHOICE, LANGUAGE, HUFU_TEXT_TRAY_SYSTEM, HUFU_CHOICE_SYSTEM, choose_system},
    [ZH_TW] = {CHOICE, LANGUAGE, HUFU_TEXT_TRAY_ZH_TW, HUFU_CHOICE_ZH_TW, choose_zh_tw},
    [EN] = {CHOICE, LANGUAGE, HUFU_TEXT_TRAY_EN, HUFU_CHOICE_EN, choose_en},
};

/* --- what an entry is --- */

static bool is_enabled(const struct hufu_tray *tray, enum entry entry)
{
    return entries[entry].kind != FINDING && !(entry == RESTART && tray->restarting);
}

static const char *text_of(const struct hufu_tray *tray, enum entry entry)
{
    if (entry == SENTENCE)
        return tray->findings.text[tray->language];
    if (entry == STEP)
        return tray->findings.step[tray->language];
    if (entry == RESTART && tray->restarting)
        return hufu_tray_text(tray, HUFU_TEXT_TRAY_RESTARTING);
    return hufu_tray_text(tray, entries[entry].text);
}

/* A single underline would mark the next character as the entry's key. */
static void add_label(struct hufu_buf *buf, const char *text)
{
    for (; *text; text++) {
        hufu_buf_add(buf, text, 1);
        if (*text == '_')
            hufu_buf_add(buf, text, 1);
    }
}

/* A dictionary with the properties that are asked for: all of them when `names` is empty. Or the
 * value of one, alone. */
struct properties {
    sd_bus_message *message;
    char **names;
    bool alone;
    int added;
    int problem;
};

static bool is_asked(const struct properties *properties, const char *name)
{
    char **at = properties->names;
    if (!at || !*at)
        return true;
    while (*at && strcmp(*at, name) != 0)
        at++;
    return *at != NULL;
}

static void add_value(struct properties *properties, const char *name, const char *type,
                      const void *value)
{
    sd_bus_message *message = properties->message;
    int problem = properties->problem;
    if (problem < 0 || !is_asked(properties, name))
        return;
    if (!properties->alone)
        problem = sd_bus_message_open_container(message, 'e', "sv");
    if (problem >= 0 && !properties->alone)
        problem = sd_bus_message_append_basic(message, 's', name);
    if (problem >= 0)
        problem = sd_bus_message_open_container(message, 'v', type);
    if (problem >= 0)
        problem = sd_bus_message_append_basic(message, type[0], value);
    if (problem >= 0)
        problem = sd_bus_message_close_container(message);
    if (problem >= 0 && !properties->alone)
        problem = sd_bus_message_close_container(message);
    properties->problem = problem;
    properties->added++;
}

static void add_text(struct properties *properties, const char *name, const char *value)
{
    add_value(properties, name, "s", value);
}

static void add_number(struct properties *properties, const char *name, const char *type, int value)
{
    add_value(properties, name, type, &value);
}

static void add_entry(const struct hufu_tray *tray, enum entry entry, struct properties *properties)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf label = {.max = 2 * HUFU_SENTENCE_MAX};
    enum kind kind = entries[entry].kind;
    if (kind == LINE) {
        add_text(properties, "type", "separator");
        return;
    }
    add_label(&label, text_of(tray, entry));
    add_text(properties, "label", hufu_buf_text(&label));
    add_number(properties, "enabled", "b", is_enabled(tray, entry));
    add_number(properties, "visible", "b", label.len > 0);
    if (kind == MENU)
        add_text(properties, "children-display", "submenu");
    if (kind == CHOICE) {
        add_text(properties, "toggle-type", "radio");
        add_number(properties, "toggle-state", "i", tray->choice == entries[entry].choice);
    }
}

int hufu_entry_add_properties(const struct hufu_tray *tray, int entry, char **names,
                              sd_bus_message *message)
{
    struct properties properties = {.message = message, .names = names};
    properties.problem = sd_bus_message_open_container(message, 'a', "{sv}");
    if (properties.problem >= 0)
        add_entry(tray, (enum entry)entry, &properties);
    return properties.problem < 0 ? properties.problem : sd_bus_message_close_container(message);
}

int hufu_entry_add_property(const struct hufu_tray *tray, int entry, const char *name,
                            sd_bus_message *message)
{
    char *names[] = {(char *)(uintptr_t)name, NULL};
    struct properties properties = {.message = message, .names = names, .alone = true};
    add_entry(tray, (enum entry)entry, &properties);
    return properties.problem < 0 ? properties.problem : properties.added;
}

bool hufu_entry_is_below(int entry, int parent)
{
    return entry != ROOT && (int)entries[entry].parent == parent;
}

void hufu_entry_click(struct hufu_tray *tray, int entry)
{
    if (entries[entry].clicked && is_enabled(tray, (enum entry)entry))
        entries[entry].clicked(tray);
}
