/* What hufu.ini says to more than one program: each reads it once, at its start, before it confines
 * itself. Everything else of hufu.ini is of service/config.h. */
#ifndef HUFU_WIRE_SETTINGS_H
#define HUFU_WIRE_SETTINGS_H

#include "error/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Vendors' modules with files of their own; a computer has one or two. */
#define HUFU_CARD_FOLDERS_MAX 8

struct hufu_settings {
    char pinentry[PATH_MAX]; /* [pin] program */
    bool debug;              /* [log] debug */
    bool keep_trust;         /* [trust] keep */
    bool thunderbird;        /* [trust] thunderbird */
    size_t card_folder_count;
    char card_folders[HUFU_CARD_FOLDERS_MAX][PATH_MAX]; /* [card] folder */
};

/* Takes a row of hufu.ini that is one of the above; false when it is not, or not of its form,
 * or one folder too many. */
bool hufu_settings_row(struct hufu_settings *settings, const char *section, const char *name,
                       const char *value);

/* What a system without hufu.ini has. */
void hufu_settings_defaults(struct hufu_settings *ret_settings);

/* Reads them, over the defaults. HUFU_E_GENERAL with the line's number; what
 * was read until then is in `ret_settings`. */
enum hufu_status hufu_settings_read(struct hufu_settings *ret_settings, struct hufu_error *err);

#endif
