/* Small files of our own. Every function returns 0 or an errno value. */
#ifndef HUFU_BASE_FILE_H
#define HUFU_BASE_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

/* Appends a whole regular file to `buf`; EFBIG when it does not fit into the buffer's maximum. */
int hufu_file_read(const char *path, struct hufu_buf *buf);

/* Replaces `path` in one step: a reader sees the old bytes or the new ones, never a part. */
int hufu_file_write(const char *path, mode_t mode, struct hufu_bytes content);

/* Makes `path` and the folders above it; an existing folder is left as it is. */
int hufu_folder_make(const char *path, mode_t mode);

/* Whether nobody but this user and the owner of / can have written the file: each folder above it
 * counts too. False when that cannot be known. */
bool hufu_file_is_guarded(const char *path);

#endif
