#include "wire/ini.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* inih cuts sections and names at 50 bytes and splits lines at 200: longer ones must not slip
 * through as something else, so they are refused. A file may have 1024 sites, a line each. */
enum { LINE_BYTES_MAX = 190, NAME_BYTES_MAX = 48, FILE_BYTES_MAX = 256 * 1024 };

static int pass_on(void *user, const char *section, const char *name, const char *value)
{
    const struct hufu_ini_reader *reader = user;
    if (strlen(section) > NAME_BYTES_MAX || strlen(name) > NAME_BYTES_MAX)
        return 0;
    return reader->row(reader->context, section, name, value);
}

/* The number of the first line that is too long or holds a NUL, after which the library would see
 * nothing; 0 when all are good. */
static int find_bad_line(struct hufu_bytes text)
{
    int number = 1;
    for (size_t at = 0; at < text.len; number++) {
        const uint8_t *line = text.data + at;
        const uint8_t *end = memchr(line, '\n', text.len - at);
        size_t len = end ? (size_t)(end - line) : text.len - at;
        if (len > LINE_BYTES_MAX || memchr(line, 0, len))
            return number;
        at += len + 1;
    }
    return 0;
}

/* The number of the first line that was not understood; 0 when all were. */
static int parse(const struct hufu_ini_reader *reader, const struct hufu_buf *text)
{
    int line = find_bad_line(hufu_buf_bytes(text));
    return line ? line : ini_parse_string(hufu_buf_text(text), pass_on, (void *)(uintptr_t)reader);
}

static void tell(const struct hufu_ini_reader *reader, const char *path, int line)
{
    if (reader->mistaken)
        reader->mistaken(reader->context, path, line);
}

enum hufu_status hufu_ini_read_by(const struct hufu_ini_reader *reader, const char *path,
                                  struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_BYTES_MAX};
    int problem = hufu_file_read(path, &text);
    if (problem == ENOENT)
        return HUFU_OK;
    if (problem) {
        tell(reader, path, 0);
        return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO, (unsigned long)problem, path);
    }
    if (reader->begins)
        reader->begins(reader->context, path);
    int line = parse(reader, &text);
    if (line == 0)
        return HUFU_OK;
    char detail[HUFU_ERROR_DETAIL_MAX];
    snprintf(detail, sizeof detail, "%s: line %d", path, line);
    tell(reader, path, line);
    return hufu_fail(err, HUFU_E_GENERAL, detail);
}

static int is_ini(const struct dirent *entry)
{
    return fnmatch("*.ini", entry->d_name, FNM_PERIOD) == 0;
}

enum hufu_status hufu_ini_read_folder_by(const struct hufu_ini_reader *reader, const char *folder,
                                         struct hufu_error *err)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_ini, alphasort);
    enum hufu_status status = HUFU_OK;
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];
        if (hufu_path_join(path, folder, entries[i]->d_name) &&
            hufu_ini_read_by(reader, path, err) != HUFU_OK)
            status = HUFU_E_GENERAL;
        free(entries[i]);
    }
    free(entries);
    return status;
}

enum hufu_status hufu_ini_read_config_by(const struct hufu_ini_reader *reader,
                                         struct hufu_error *err)
{
    char user[PATH_MAX];
    char path[PATH_MAX];
    enum hufu_status status = HUFU_OK;
    if (hufu_path_join(path, hufu_path_system(), "hufu.ini"))
        status = hufu_ini_read_by(reader, path, err);
    if (hufu_path_config(user) && hufu_path_join(path, user, "hufu.ini") &&
        hufu_ini_read_by(reader, path, err) != HUFU_OK)
        status = HUFU_E_GENERAL;
    return status;
}

enum hufu_status hufu_ini_read(const char *path, hufu_ini_row *row, void *context,
                               struct hufu_error *err)
{
    return hufu_ini_read_by(&(struct hufu_ini_reader){.row = row, .context = context}, path, err);
}

enum hufu_status hufu_ini_read_folder(const char *folder, hufu_ini_row *row, void *context,
                                      struct hufu_error *err)
{
    return hufu_ini_read_folder_by(&(struct hufu_ini_reader){.row = row, .context = context},
                                   folder, err);
}

enum hufu_status hufu_ini_read_config(hufu_ini_row *row, void *context, struct hufu_error *err)
{
    return hufu_ini_read_config_by(&(struct hufu_ini_reader){.row = row, .context = context}, err);
}
