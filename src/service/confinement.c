#include "service/confinement.h"

#include "base/confine.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"

#include <stdio.h>
#include <string.h>

enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

/* What libraries open at their first need: jansson's seed, libc's time zone. */
static const char *const readable[] = {"/dev/urandom", "/etc/localtime"};

/* A folder that were not there now could not be read when it is there at a reload. */
static void allow_own(struct hufu_confinement *confinement, bool (*path_of)(char *ret_path),
                      bool writable)
{
    char folder[PATH_MAX];
    if (!path_of(folder))
        return;
    (void)hufu_folder_make(folder, FOLDER_MODE); /* a home may be read-only */
    hufu_confine_allow(confinement, folder, writable);
}

static void tell_others(const char *text)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char line[HUFU_CONFINED_TEXT_MAX + 1];
    int len = snprintf(line, sizeof line, "%s\n", text);
    if (!hufu_path_state(folder) || !hufu_path_join(path, folder, HUFU_CONFINEMENT_FILE))
        return;
    int problem = hufu_file_write(
        path, FILE_MODE, (struct hufu_bytes){.data = (const uint8_t *)line, .len = (size_t)len});
    if (problem)
        hufu_log("%s: %s", path, strerror(problem));
}

void hufu_service_confine(const char *data_folder)
{
    struct hufu_confinement confinement;
    char text[HUFU_CONFINED_TEXT_MAX];
    hufu_confine_begin(&confinement, HUFU_CONFINE_SERVICE);
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++)
        hufu_confine_allow(&confinement, readable[i], false);
    hufu_confine_allow(&confinement, data_folder, false);
    hufu_confine_allow(&confinement, hufu_path_system(), false);
    allow_own(&confinement, hufu_path_config, false);
    allow_own(&confinement, hufu_path_data, false);
    allow_own(&confinement, hufu_path_state, true);
    hufu_confine_end(&confinement, text);
    tell_others(text);
}
