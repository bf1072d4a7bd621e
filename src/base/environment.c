#include "base/environment.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static bool is_kept(const char *entry)
{
    static const char *const patterns[] = {
        "HOME=*",
        "LANG=*",
        "LANGUAGE=*",
        "LC_*",
        "XDG_*",
        "DISPLAY=*",
        "WAYLAND_DISPLAY=*",
        "XAUTHORITY=*",
        "DBUS_SESSION_BUS_ADDRESS=*",
        "USER=*",
        "LOGNAME=*",
        "TZ=*",
#ifdef HUFU_SANITIZED
        "ASAN_OPTIONS=*",
        "LSAN_OPTIONS=*",
        "UBSAN_OPTIONS=*",
#endif
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        if (fnmatch(patterns[i], entry, 0) == 0)
            return true;
    return false;
}

bool hufu_environment_clean(void)
{
    size_t kept = 0;
    for (char **entry = environ; *entry; entry++)
        if (is_kept(*entry))
            environ[kept++] = *entry;
    environ[kept] = NULL;
    return setenv("PATH", "/usr/bin:/bin", 1) == 0;
}
