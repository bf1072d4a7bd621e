#include "sites/suggestions.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "wire/ini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct suggestion {
    char section[HUFU_SUGGESTION_NAME_BYTES];
    char origin[HUFU_ORIGIN_MAX + 1];
    char names[2][HUFU_SUGGESTION_NAME_BYTES]; /* by enum hufu_language */
};

struct hufu_suggestions {
    size_t count;
    struct suggestion items[HUFU_SUGGESTIONS_MAX];
};

HUFU_DEFINE_AUTO(struct hufu_suggestions *, hufu_suggestions_free)

static struct suggestion *section_named(struct hufu_suggestions *suggestions, const char *section)
{
    for (size_t i = 0; i < suggestions->count; i++)
        if (strcmp(suggestions->items[i].section, section) == 0)
            return &suggestions->items[i];
    if (suggestions->count == HUFU_SUGGESTIONS_MAX)
        return NULL;
    struct suggestion *item = &suggestions->items[suggestions->count++];
    snprintf(item->section, sizeof item->section, "%s", section); /* wire/ini.c: 48 bytes */
    return item;
}

static bool copy_name(char name[HUFU_SUGGESTION_NAME_BYTES], const char *value)
{
    int len = snprintf(name, HUFU_SUGGESTION_NAME_BYTES, "%s", value);
    return len > 0 && len < HUFU_SUGGESTION_NAME_BYTES;
}

static bool read_row(void *context, const char *section, const char *name, const char *value)
{
    if (strncmp(section, "site ", 5) != 0)
        return false;
    struct suggestion *item = section_named(context, section);
    if (!item)
        return false;
    if (strcmp(name, "en") == 0)
        return copy_name(item->names[HUFU_LANGUAGE_EN], value);
    if (strcmp(name, "zh") == 0)
        return copy_name(item->names[HUFU_LANGUAGE_ZH_TW], value);
    if (strcmp(name, "origin") != 0 || !hufu_origin_valid(value))
        return false;
    snprintf(item->origin, sizeof item->origin, "%s", value);
    return true;
}

enum hufu_status hufu_suggestions_load(const char *data_folder,
                                       struct hufu_suggestions **ret_suggestions,
                                       struct hufu_error *err)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_suggestions_free_auto)
    struct hufu_suggestions *suggestions = calloc(1, sizeof *suggestions);
    if (!suggestions || !hufu_path_join(path, data_folder, "sites.d"))
        return hufu_fail(err, HUFU_E_GENERAL, "suggestions");
    HUFU_TRY(hufu_ini_read_folder(path, read_row, suggestions, err));
    *ret_suggestions = HUFU_TAKE(suggestions);
    return HUFU_OK;
}

void hufu_suggestions_free(struct hufu_suggestions *suggestions)
{
    free(suggestions);
}

const char *hufu_suggestions_name(const struct hufu_suggestions *suggestions, const char *origin,
                                  enum hufu_language language)
{
    for (size_t i = 0; suggestions && i < suggestions->count; i++)
        if (strcmp(suggestions->items[i].origin, origin) == 0 &&
            suggestions->items[i].names[language][0])
            return suggestions->items[i].names[language];
    return NULL;
}

const char *hufu_suggestions_origin(const struct hufu_suggestions *suggestions, size_t index)
{
    return index < suggestions->count ? suggestions->items[index].origin : NULL;
}
