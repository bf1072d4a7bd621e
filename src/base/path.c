#include "base/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool hufu_path_join(char ret_path[PATH_MAX], const char *folder, const char *name)
{
    int len = snprintf(ret_path, PATH_MAX, "%s/%s", folder, name);
    return len > 0 && len < PATH_MAX;
}

const char *hufu_path_system(void)
{
    return HUFU_SYSCONF;
}

bool hufu_path_home(char ret_path[PATH_MAX])
{
    const char *home = getenv("HOME");
    if (!home || home[0] != '/')
        return false;
    int len = snprintf(ret_path, PATH_MAX, "%s", home);
    return len > 0 && len < PATH_MAX;
}

bool hufu_path_xdg(char ret_path[PATH_MAX], const char *variable, const char *home_part)
{
    const char *value = getenv(variable);
    if (value && value[0] == '/') {
        int len = snprintf(ret_path, PATH_MAX, "%s", value);
        return len > 0 && len < PATH_MAX;
    }
    char home[PATH_MAX];
    return hufu_path_home(home) && hufu_path_join(ret_path, home, home_part);
}

bool hufu_path_config(char ret_path[PATH_MAX])
{
    char folder[PATH_MAX];
    return hufu_path_xdg(folder, "XDG_CONFIG_HOME", ".config") &&
           hufu_path_join(ret_path, folder, "hufu");
}

bool hufu_path_data(char ret_path[PATH_MAX])
{
    char folder[PATH_MAX];
    return hufu_path_xdg(folder, "XDG_DATA_HOME", ".local/share") &&
           hufu_path_join(ret_path, folder, "hufu");
}

bool hufu_path_state(char ret_path[PATH_MAX])
{
    char folder[PATH_MAX];
    return hufu_path_xdg(folder, "XDG_STATE_HOME", ".local/state") &&
           hufu_path_join(ret_path, folder, "hufu");
}

bool hufu_path_runtime(char ret_path[PATH_MAX])
{
    const char *value = getenv("XDG_RUNTIME_DIR");
    return value && value[0] == '/' && snprintf(ret_path, PATH_MAX, "%s", value) < PATH_MAX;
}

uid_t hufu_path_owner(void)
{
    static const char *const variables[] = {"SUDO_UID", "PKEXEC_UID"};
    for (size_t i = 0; geteuid() == 0 && i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        char *end = NULL;
        unsigned long uid = value ? strtoul(value, &end, 10) : 0;
        if (value && end > value && *end == 0 && uid < (uid_t)-1)
            return (uid_t)uid;
    }
    return geteuid();
}

bool hufu_path_beside(char ret_path[PATH_MAX], const char *name)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len <= 0)
        return false;
    self[len] = 0;
    char *slash = strrchr(self, '/');
    if (!slash)
        return false;
    *slash = 0;
    return hufu_path_join(ret_path, self, name);
}
