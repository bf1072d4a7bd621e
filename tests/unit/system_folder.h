/* The administrator's folder becomes $HOME/etc, so that no test reads the real one. Link with
 * -Wl,--wrap=hufu_path_system. */
#ifndef HUFU_TESTS_SYSTEM_FOLDER_H
#define HUFU_TESTS_SYSTEM_FOLDER_H

#include "home.h"

#include "base/file.h"
#include "bytes.h"

const char *__wrap_hufu_path_system(void);

const char *__wrap_hufu_path_system(void)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/etc", home);
    return path;
}

/* Writes $HOME/`name`, and the folders above it. */
static inline void write_file(const char *name, struct hufu_bytes content)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", home_path(name));
    *strrchr(folder, '/') = 0;
    assert_int_equal(hufu_folder_make(folder, 0700), 0);
    assert_int_equal(hufu_file_write(home_path(name), 0600, content), 0);
}

static inline void write_text(const char *name, const char *text)
{
    write_file(name, bytes_of_text(text));
}

#endif
