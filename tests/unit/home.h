/* A HOME of its own for each test; nothing of the person who runs the tests is read or written. */
#ifndef HUFU_TESTS_HOME_H
#define HUFU_TESTS_HOME_H

#include "unit.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[PATH_MAX / 2];

static inline int home_setup(void **state)
{
    (void)state;
    snprintf(home, sizeof home, "/tmp/hufu-unit-XXXXXX");
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    return mkdtemp(home) && setenv("HOME", home, 1) == 0 ? 0 : -1;
}

static inline int home_remove_one(const char *path, const struct stat *info, int type,
                                  struct FTW *level)
{
    (void)info;
    (void)type;
    (void)level;
    return remove(path);
}

static inline int home_teardown(void **state)
{
    (void)state;
    return nftw(home, home_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* "$HOME/name"; the next call overwrites it. */
static inline const char *home_path(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

#endif
