#include "setup/autostart.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "setup/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRY_MAX = 16 * 1024, ENTRY_MODE = 0644, FOLDER_MODE = 0700 };

static const char system_folder[] = "/etc/xdg/autostart";

/* Added at the end, which is in the only group that our entries have. A desktop's own settings may
 * have changed other lines since. */
static const char mark[] = "\nX-Hufu-Setup=true\n";
static const char hiding[] = "\nHidden=true\n";

static bool find(const char *name, char ret_folder[PATH_MAX], char ret_path[PATH_MAX])
{
    char config[PATH_MAX];
    return hufu_path_xdg(config, "XDG_CONFIG_HOME", ".config") &&
           hufu_path_join(ret_folder, config, "autostart") &&
           hufu_path_join(ret_path, ret_folder, name);
}

void hufu_autostart_look(const char *name, struct hufu_autostart *ret_autostart)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    struct stat info;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = ENTRY_MAX};
    *ret_autostart = (struct hufu_autostart){0};
    if (hufu_path_join(path, system_folder, name))
        ret_autostart->for_all = access(path, F_OK) == 0;
    if (!find(name, folder, path) || lstat(path, &info))
        return;
    ret_autostart->own = S_ISREG(info.st_mode) && hufu_file_read(path, &text) == 0 &&
                         strstr(hufu_buf_text(&text), mark);
    ret_autostart->hidden = ret_autostart->own && strstr(hufu_buf_text(&text), hiding);
    ret_autostart->strange = !ret_autostart->own;
}

static int write_entry(const char *data_folder, const char *name, bool hidden)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    char from_folder[PATH_MAX];
    char from[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = ENTRY_MAX};
    if (!find(name, folder, path) || !hufu_path_join(from_folder, data_folder, "autostart") ||
        !hufu_path_join(from, from_folder, name))
        return ENAMETOOLONG;
    int problem = hufu_file_read(from, &text);
    if (problem)
        return problem;
    hufu_buf_add_text(&text, hidden ? "Hidden=true\nX-Hufu-Setup=true\n" : "X-Hufu-Setup=true\n");
    problem = text.failed ? EFBIG : hufu_folder_make(folder, FOLDER_MODE);
    return problem ? problem : hufu_file_write(path, ENTRY_MODE, hufu_buf_bytes(&text));
}

void hufu_autostart_write(const char *data_folder, const char *name, bool hidden,
                          struct hufu_setup_result *result)
{
    int problem = write_entry(data_folder, name, hidden);
    if (problem)
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_FILE, strerror(problem));
}

void hufu_autostart_remove(const char *name, struct hufu_setup_result *result)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (!find(name, folder, path))
        return;
    if (unlink(path) && errno != ENOENT)
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_FILE, strerror(errno));
    hufu_setup_remove_empty(folder);
}
