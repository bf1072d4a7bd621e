/* The pages, in memory: which there are is decided when hufu starts, not by what is asked for. */
#ifndef HUFU_OPEN_FILES_H
#define HUFU_OPEN_FILES_H

#include "base/buf.h"
#include "error/error.h"

/* About 40 are there; their largest, a picture, has 30 KiB. */
#define HUFU_FILES_MAX       96
#define HUFU_FILE_BYTES_MAX  (512 * 1024)
#define HUFU_FILE_TARGET_MAX 64

struct hufu_open_file {
    char target[HUFU_FILE_TARGET_MAX]; /* as the request line has it: "/import/import.css" */
    const char *type;                  /* Content-Type */
    struct hufu_buf content;
};

struct hufu_open_files {
    size_t count;
    struct hufu_open_file items[HUFU_FILES_MAX];
};

/* Reads the files of known types below `folder` (such as HUFU_DATADIR) that the page consists of.
 * HUFU_E_GENERAL with the path when one of its folders is missing. hufu_files_free afterwards. */
enum hufu_status hufu_files_load(const char *folder, struct hufu_open_files **ret_files,
                                 struct hufu_error *err);
void hufu_files_free(struct hufu_open_files *files);

/* Adds one that is made, not read; takes what `content` holds. false when there is no room. */
bool hufu_files_add(struct hufu_open_files *files, const char *target, const char *type,
                    struct hufu_buf *content);

/* The file of exactly this target, or NULL. */
const struct hufu_open_file *hufu_files_find(const struct hufu_open_files *files,
                                             const char *target);

#endif
