#include "wire/settings.h"

#include "wire/ini.h"

#include <stdio.h>
#include <string.h>

static bool copy_path(char ret_path[PATH_MAX], const char *value)
{
    return value[0] == '/' && snprintf(ret_path, PATH_MAX, "%s", value) < PATH_MAX;
}

static bool copy_bool(bool *ret_value, const char *value)
{
    *ret_value = strcmp(value, "yes") == 0;
    return *ret_value || strcmp(value, "no") == 0;
}

bool hufu_settings_row(struct hufu_settings *settings, const char *section, const char *name,
                       const char *value)
{
    if (strcmp(section, "pin") == 0)
        return strcmp(name, "program") == 0 && copy_path(settings->pinentry, value);
    if (strcmp(section, "log") == 0)
        return strcmp(name, "debug") == 0 && copy_bool(&settings->debug, value);
    if (strcmp(section, "trust") == 0)
        return (strcmp(name, "keep") == 0 && copy_bool(&settings->keep_trust, value)) ||
               (strcmp(name, "thunderbird") == 0 && copy_bool(&settings->thunderbird, value));
    if (strcmp(section, "card") != 0 || strcmp(name, "folder") != 0 ||
        settings->card_folder_count == HUFU_CARD_FOLDERS_MAX ||
        !copy_path(settings->card_folders[settings->card_folder_count], value))
        return false;
    settings->card_folder_count++;
    return true;
}

/* What is wrong in a row of hufud's is hufud's to say. */
static bool is_ours(const char *section, const char *name)
{
    return strcmp(section, "pin") == 0 || strcmp(section, "log") == 0 ||
           strcmp(section, "trust") == 0 ||
           (strcmp(section, "card") == 0 && strcmp(name, "folder") == 0);
}

static bool read_row(void *context, const char *section, const char *name, const char *value)
{
    return !is_ours(section, name) || hufu_settings_row(context, section, name, value);
}

void hufu_settings_defaults(struct hufu_settings *ret_settings)
{
    *ret_settings = (struct hufu_settings){.pinentry = HUFU_PINENTRY, .keep_trust = true};
}

enum hufu_status hufu_settings_read(struct hufu_settings *ret_settings, struct hufu_error *err)
{
    hufu_settings_defaults(ret_settings);
    return hufu_ini_read_config(read_row, ret_settings, err);
}
