#include "open/files.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

HUFU_DEFINE_AUTO(DIR *, closedir)
HUFU_DEFINE_AUTO(struct hufu_open_files *, hufu_files_free)

struct folder {
    const char *name;
    const char *target; /* where its files are served */
    const char *only;   /* one file of it, or NULL for all */
};

static const struct folder folders[] = {
    {.name = "status", .target = "/"},
    {.name = "demo", .target = "/", .only = "client.js"},
    {.name = "demo", .target = "/", .only = "seal.svg"},
    {.name = "import", .target = "/import/"},
    {.name = "import/en-US", .target = "/import/en-US/"},
    {.name = "import/zh-TW", .target = "/import/zh-TW/"},
};

struct type {
    const char *ending;
    const char *type;
};

static const struct type types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
};

/* NULL for a file that is not served. */
static const char *type_of(const char *name)
{
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].ending, ending) == 0)
            return types[i].type;
    return NULL;
}

bool hufu_files_add(struct hufu_open_files *files, const char *target, const char *type,
                    struct hufu_buf *content)
{
    if (files->count == HUFU_FILES_MAX || content->failed)
        return false;
    struct hufu_open_file *file = &files->items[files->count];
    if (snprintf(file->target, sizeof file->target, "%s", target) >= (int)sizeof file->target)
        return false;
    file->type = type;
    file->content = *content;
    *content = (struct hufu_buf){.max = content->max};
    files->count++;
    return true;
}

/* The page of a folder is served under the folder's own target. */
static bool make_target(const struct folder *folder, const char *name,
                        char ret_target[HUFU_FILE_TARGET_MAX])
{
    const char *shown = strcmp(name, "index.html") == 0 ? "" : name;
    int len = snprintf(ret_target, HUFU_FILE_TARGET_MAX, "%s%s", folder->target, shown);
    return len > 0 && len < HUFU_FILE_TARGET_MAX;
}

static enum hufu_status load_file(struct hufu_open_files *files, const struct folder *folder,
                                  const char *path, const char *name, struct hufu_error *err)
{
    char full[PATH_MAX];
    char target[HUFU_FILE_TARGET_MAX];
    const char *type = type_of(name);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = HUFU_FILE_BYTES_MAX};
    if (!type || (folder->only && strcmp(folder->only, name) != 0))
        return HUFU_OK;
    if (!hufu_path_join(full, path, name) || !make_target(folder, name, target))
        return hufu_fail(err, HUFU_E_GENERAL, name);
    int problem = hufu_file_read(full, &content);
    if (problem)
        return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO, (unsigned long)problem, full);
    return hufu_files_add(files, target, type, &content) ? HUFU_OK
                                                         : hufu_fail(err, HUFU_E_GENERAL, full);
}

static enum hufu_status load_folder(struct hufu_open_files *files, const char *root,
                                    const struct folder *folder, struct hufu_error *err)
{
    char path[PATH_MAX];
    if (!hufu_path_join(path, root, folder->name))
        return hufu_fail(err, HUFU_E_GENERAL, folder->name);
    HUFU_AUTO(closedir_auto) DIR *entries = opendir(path);
    if (!entries)
        return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO, (unsigned long)errno, path);
    for (struct dirent *entry = NULL; (entry = readdir(entries));)
        HUFU_TRY(load_file(files, folder, path, entry->d_name, err));
    return HUFU_OK;
}

enum hufu_status hufu_files_load(const char *folder, struct hufu_open_files **ret_files,
                                 struct hufu_error *err)
{
    HUFU_AUTO(hufu_files_free_auto) struct hufu_open_files *files = calloc(1, sizeof *files);
    if (!files)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "pages");
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        HUFU_TRY(load_folder(files, folder, &folders[i], err));
    *ret_files = HUFU_TAKE(files);
    return HUFU_OK;
}

void hufu_files_free(struct hufu_open_files *files)
{
    for (size_t i = 0; files && i < files->count; i++)
        hufu_buf_done(&files->items[i].content);
    free(files);
}

const struct hufu_open_file *hufu_files_find(const struct hufu_open_files *files,
                                             const char *target)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].target, target) == 0)
            return &files->items[i];
    return NULL;
}
