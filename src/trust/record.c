#include "trust/record.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "crypto/leaf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    GIVEN_MAX = 64 * 1024,  /* a thousand leaves: one a year for a thousand years */
    MADE_MAX = 4096 * 1024, /* two files and some folders for each of 64 stores, each a path */
};

static const char given_name[] = "installed";
static const char made_name[] = "made";
static const char at_work_name[] = "at-work"; /* an empty file */

/* Of the files in hufu's folder; those that a crash left of them begin in the same way. */
static const char *const leaf_prefixes[] = {"leaf.", "next.", "previous.", "authority."};

HUFU_DEFINE_AUTO(DIR *, closedir)

static enum hufu_status fail_errno(struct hufu_error *err, int problem, const char *detail)
{
    return hufu_fail_from(err, HUFU_E_STORE, HUFU_ORIGIN_ERRNO, (unsigned long)problem, detail);
}

static enum hufu_status locate(char ret_path[PATH_MAX], const char *name, struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    return hufu_path_join(ret_path, paths.folder, name)
               ? HUFU_OK
               : hufu_fail(err, HUFU_E_STORE, "path too long");
}

static enum hufu_status read_part(const char *name, struct hufu_buf *text, struct hufu_error *err)
{
    char path[PATH_MAX];
    HUFU_TRY(locate(path, name, err));
    int problem = hufu_file_read(path, text);
    return problem && problem != ENOENT ? fail_errno(err, problem, path) : HUFU_OK;
}

enum hufu_status hufu_record_read(struct hufu_record *ret_record, struct hufu_error *err)
{
    HUFU_AUTO(hufu_record_done)
    struct hufu_record record = {.given = {.max = GIVEN_MAX}, .made = {.max = MADE_MAX}};
    HUFU_TRY(read_part(given_name, &record.given, err));
    HUFU_TRY(read_part(made_name, &record.made, err));
    *ret_record = record;
    record = (struct hufu_record){0};
    return HUFU_OK;
}

void hufu_record_done(struct hufu_record *record)
{
    hufu_buf_done(&record->given);
    hufu_buf_done(&record->made);
}

/* One write, so that those of two processes do not mix. */
static enum hufu_status append(const char *name, const struct hufu_buf *entries,
                               struct hufu_error *err)
{
    char path[PATH_MAX];
    if (entries->failed)
        return fail_errno(err, ENOMEM, name);
    if (!entries->len)
        return HUFU_OK;
    HUFU_TRY(locate(path, name, err));
    HUFU_AUTO(hufu_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t written = fd < 0 ? -1 : write(fd, entries->data, entries->len);
    if (written < 0 || fsync(fd))
        return fail_errno(err, errno, path);
    return written == (ssize_t)entries->len ? HUFU_OK : fail_errno(err, ENOSPC, path);
}

/* An empty line in front: the one before may have been cut short. */
enum hufu_status hufu_record_given(const struct hufu_record *record, const char *sha256,
                                   struct hufu_error *err)
{
    if (strstr(hufu_buf_text(&record->given), sha256))
        return HUFU_OK;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = GIVEN_MAX};
    hufu_buf_printf(&line, "%s%s\n", record->given.len ? "\n" : "", sha256);
    return append(given_name, &line, err);
}

static void add_entry(struct hufu_buf *made, const char *path)
{
    hufu_buf_add(made, "", 1);
    hufu_buf_add(made, path, strlen(path) + 1);
}

bool hufu_record_has_made(const struct hufu_record *record, const char *path)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf entry = {.max = MADE_MAX};
    add_entry(&entry, path);
    return record->made.len && !entry.failed &&
           memmem(record->made.data, record->made.len, entry.data, entry.len);
}

/* --- folders --- */

static bool is_there(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

/* Each folder from / to `folder` that is missing, the outermost first. */
static void list_missing(const char *folder, struct hufu_buf *made)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", folder);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (!is_there(part))
            add_entry(made, part);
        *slash = '/';
    }
    if (!is_there(part))
        add_entry(made, part);
}

enum hufu_status hufu_record_make(const char *folder, const char *file, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = MADE_MAX};
    char path[PATH_MAX];
    if (!hufu_path_join(path, folder, file))
        return fail_errno(err, ENAMETOOLONG, folder);
    list_missing(folder, &made);
    add_entry(&made, path);
    HUFU_TRY(append(made_name, &made, err));
    int problem = hufu_folder_make(folder, 0700);
    return problem ? fail_errno(err, problem, folder) : HUFU_OK;
}

/* Root with a user's HOME, as sudo may leave it, must not make root's folders in there. */
static int judge_place(const char *folder)
{
    char part[PATH_MAX];
    struct stat info;
    snprintf(part, sizeof part, "%s", folder);
    while (lstat(part, &info) && strrchr(part, '/') > part)
        *strrchr(part, '/') = 0;
    return geteuid() == 0 && info.st_uid != 0 ? EPERM : 0;
}

/* The record can only be written when its folder is there: this alone is recorded afterwards. */
enum hufu_status hufu_record_make_home(struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    if (is_there(paths.folder))
        return HUFU_OK;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf missing = {.max = MADE_MAX};
    list_missing(paths.folder, &missing);
    int problem = judge_place(paths.folder);
    if (!problem)
        problem = hufu_folder_make(paths.folder, 0700);
    return problem ? hufu_fail_from(err, HUFU_E_LEAF, HUFU_ORIGIN_ERRNO, (unsigned long)problem,
                                    paths.folder)
                   : append(made_name, &missing, err);
}

/* --- a run that is killed --- */

/* Where there is no folder yet, no run has changed anything. */
enum hufu_status hufu_record_begin(bool *ret_interrupted, struct hufu_error *err)
{
    char path[PATH_MAX];
    HUFU_TRY(locate(path, at_work_name, err));
    HUFU_AUTO(hufu_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 && errno != EEXIST && errno != ENOENT)
        return fail_errno(err, errno, path);
    *ret_interrupted = fd < 0 && errno == EEXIST;
    return HUFU_OK;
}

void hufu_record_end(void)
{
    char path[PATH_MAX];
    if (locate(path, at_work_name, NULL) == HUFU_OK)
        unlink(path);
}

/* --- taking it back --- */

static bool is_leaf(const char *name)
{
    for (size_t i = 0; i < sizeof leaf_prefixes / sizeof leaf_prefixes[0]; i++)
        if (strncmp(name, leaf_prefixes[i], strlen(leaf_prefixes[i])) == 0)
            return true;
    return false;
}

static enum hufu_status remove_leaves(const char *folder, struct hufu_error *err)
{
    HUFU_AUTO(closedir_auto) DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? HUFU_OK : fail_errno(err, errno, folder);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (is_leaf(entry->d_name) && unlinkat(dirfd(dir), entry->d_name, 0))
            return fail_errno(err, errno, folder);
    return HUFU_OK;
}

/* The innermost first: each was recorded after the one around it. What is not empty stays. */
static void remove_folders(const struct hufu_buf *made)
{
    const char *text = (const char *)made->data;
    for (size_t end = made->len; end > 0;) {
        size_t start = end;
        while (start > 0 && text[start - 1])
            start--;
        if (start < end && end < made->len)
            rmdir(text + start);
        end = start > 0 ? start - 1 : 0;
    }
}

static enum hufu_status remove_part(const char *name, struct hufu_error *err)
{
    char path[PATH_MAX];
    HUFU_TRY(locate(path, name, err));
    return unlink(path) && errno != ENOENT ? fail_errno(err, errno, path) : HUFU_OK;
}

/* The record goes when nothing is left of what it tells but the folders that it lies in. */
enum hufu_status hufu_record_forget(const struct hufu_record *record, bool all,
                                    struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    char data[PATH_MAX];
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    HUFU_TRY(remove_leaves(paths.folder, err));
    if (!all)
        return HUFU_OK;
    remove_folders(&record->made);
    HUFU_TRY(remove_part(at_work_name, err));
    HUFU_TRY(remove_part(given_name, err));
    HUFU_TRY(remove_part(made_name, err));
    rmdir(paths.folder);
    if (hufu_path_data(data))
        rmdir(data);
    remove_folders(&record->made);
    return HUFU_OK;
}
