#include "tray/choice.h"

#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "wire/ini.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char file[] = "tray.ini";

static const char *const names[HUFU_CHOICES] = {
    [HUFU_CHOICE_SYSTEM] = "system",
    [HUFU_CHOICE_ZH_TW] = "zh-TW",
    [HUFU_CHOICE_EN] = "en",
};

static bool take(void *context, const char *section, const char *name, const char *value)
{
    if (strcmp(section, "tray") != 0 || strcmp(name, "language") != 0)
        return false;
    for (int i = 0; i < HUFU_CHOICES; i++) {
        if (strcmp(value, names[i]) == 0) {
            *(enum hufu_tray_choice *)context = (enum hufu_tray_choice)i;
            return true;
        }
    }
    return false;
}

enum hufu_tray_choice hufu_choice_read(void)
{
    struct hufu_error err = {0};
    enum hufu_tray_choice choice = HUFU_CHOICE_SYSTEM;
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (!hufu_path_config(folder) || !hufu_path_join(path, folder, file) ||
        hufu_ini_read(path, take, &choice, &err) == HUFU_OK)
        return choice;
    hufu_log("%s: [tray] language = system, zh-TW or en is expected", err.detail);
    return HUFU_CHOICE_SYSTEM;
}

int hufu_choice_write(enum hufu_tray_choice choice)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char text[64];
    if (!hufu_path_config(folder) || !hufu_path_join(path, folder, file))
        return ENAMETOOLONG;
    int len = snprintf(text, sizeof text, "[tray]\nlanguage = %s\n", names[choice]);
    int problem = hufu_folder_make(folder, 0700);
    return problem ? problem : hufu_file_write(path, 0600, hufu_bytes_of(text, (size_t)len));
}

enum hufu_language hufu_choice_language(enum hufu_tray_choice choice)
{
    if (choice == HUFU_CHOICE_SYSTEM)
        return hufu_language_of_environment();
    return choice == HUFU_CHOICE_ZH_TW ? HUFU_LANGUAGE_ZH_TW : HUFU_LANGUAGE_EN;
}
