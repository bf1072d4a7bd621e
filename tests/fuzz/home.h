/* A HOME for targets that read files: made once, removed at exit. */
#ifndef HUFU_TESTS_FUZZ_HOME_H
#define HUFU_TESTS_FUZZ_HOME_H

#include "fuzz.h"

#include "base/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[] = "/tmp/hufu-fuzz-XXXXXX";

static inline int home_remove_one(const char *path, const struct stat *info, int type,
                                  struct FTW *level)
{
    (void)info;
    (void)type;
    (void)level;
    return remove(path);
}

static inline void home_remove(void)
{
    (void)nftw(home, home_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* "$HOME/name"; the next call overwrites it. */
static inline const char *home_path(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static inline void home_folder(const char *name)
{
    require(hufu_folder_make(home_path(name), 0700) == 0);
}

/* True the first time: then its folders have to be made. */
static inline bool home_make(void)
{
    static bool made;
    if (made)
        return false;
    made = true;
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CONFIG_HOME");
    require(mkdtemp(home) && setenv("HOME", home, 1) == 0 && atexit(home_remove) == 0);
    return true;
}

static inline void home_write(const char *name, const uint8_t *data, size_t len)
{
    int fd = open(home_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(fd >= 0 && (len == 0 || write(fd, data, len) == (ssize_t)len) && close(fd) == 0);
}

#endif
