/* Configuration files: [section] and name = value, as in systemd units. inih is used here only. */
#ifndef HUFU_WIRE_INI_H
#define HUFU_WIRE_INI_H

#include "error/error.h"

#include <stdbool.h>

/* Called for each line; a false answer makes the file invalid. All texts are borrowed. */
typedef bool hufu_ini_row(void *context, const char *section, const char *name, const char *value);

/* Who wants to know more of mistakes than that there is one. `begins` is called before the rows of
 * a file, `mistaken` after them, with the number of the first line that was not understood, or 0
 * when the file cannot be read; either may be NULL. */
struct hufu_ini_reader {
    hufu_ini_row *row;
    void (*begins)(void *context, const char *path);
    void (*mistaken)(void *context, const char *path, int line);
    void *context;
};

/* As the functions below; the rows behind a mistake are read as well. */
enum hufu_status hufu_ini_read_by(const struct hufu_ini_reader *reader, const char *path,
                                  struct hufu_error *err);
enum hufu_status hufu_ini_read_folder_by(const struct hufu_ini_reader *reader, const char *folder,
                                         struct hufu_error *err);
enum hufu_status hufu_ini_read_config_by(const struct hufu_ini_reader *reader,
                                         struct hufu_error *err);

/* Reads one file. A file that does not exist is an empty one; HUFU_E_GENERAL with the line's
 * number for one that cannot be read or understood. */
enum hufu_status hufu_ini_read(const char *path, hufu_ini_row *row, void *context,
                               struct hufu_error *err);

/* hufu_ini_read for every *.ini of a folder, in the order of their names. A missing folder is
 * empty; a broken file is reported but does not stop the others from being read. */
enum hufu_status hufu_ini_read_folder(const char *folder, hufu_ini_row *row, void *context,
                                      struct hufu_error *err);

/* hufu.ini of the administrator (/etc/hufu), then the user's own, whose values come later. */
enum hufu_status hufu_ini_read_config(hufu_ini_row *row, void *context, struct hufu_error *err);

#endif
