#include "trust/export.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "wire/base64.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PEM_LINE = 64,              /* RFC 7468 §2 */
    PEM_MAX = 2 * HUFU_LEAF_MAX /* base64 is a third longer */
};

static const char *const names[HUFU_EXPORT_FORM_COUNT] = {
    [HUFU_EXPORT_PEM] = "hufu-localhost.pem",
    [HUFU_EXPORT_DER] = "hufu-localhost.der",
};

static void add_pem(struct hufu_bytes der, struct hufu_buf *pem)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base64 = {.max = PEM_MAX};
    hufu_base64_encode(der, &base64);
    const char *text = hufu_buf_text(&base64);
    hufu_buf_add_text(pem, "-----BEGIN CERTIFICATE-----\n");
    for (size_t i = 0; i < base64.len; i += PEM_LINE)
        hufu_buf_printf(pem, "%.*s\n", PEM_LINE, text + i);
    hufu_buf_add_text(pem, "-----END CERTIFICATE-----\n");
}

/* Joined by hand: the folder is anything a person may type, "." and "/" among it. */
static bool locate(char ret_path[PATH_MAX], const char *folder, const char *name)
{
    size_t len = strlen(folder);
    const char *slash = len && folder[len - 1] == '/' ? "" : "/";
    int all = snprintf(ret_path, PATH_MAX, "%s%s%s", folder, slash, name);
    return len && all < PATH_MAX;
}

/* 0 when `path` is a file with exactly this content, ENOENT when nothing has the name. A link is
 * neither: what it leads to is another's affair. */
static int compare(const char *path, struct hufu_bytes content)
{
    struct stat info;
    if (lstat(path, &info))
        return errno;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf found = {.max = PEM_MAX};
    if (!S_ISREG(info.st_mode) || hufu_file_read(path, &found) || found.len != content.len ||
        memcmp(found.data, content.data, content.len) != 0)
        return EEXIST;
    return 0;
}

/* Of what --dry-run can foresee. */
static int foresee(const char *folder)
{
    struct stat info;
    if (stat(folder, &info))
        return errno;
    if (!S_ISDIR(info.st_mode))
        return ENOTDIR;
    return access(folder, W_OK | X_OK) ? errno : 0;
}

/* O_EXCL: between looking and making, nobody's file is replaced and no link is followed. */
static int create(const char *path, struct hufu_bytes content)
{
    HUFU_AUTO(hufu_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno;
    ssize_t len = TEMP_FAILURE_RETRY(write(fd, content.data, content.len));
    int problem = 0;
    if (len != (ssize_t)content.len)
        problem = len < 0 ? errno : ENOSPC;
    else if (fsync(fd))
        problem = errno;
    if (problem)
        unlink(path);
    return problem;
}

static void put(const char *folder, bool dry_run, struct hufu_bytes content,
                struct hufu_export_file *file)
{
    int problem = compare(file->path, content);
    file->state = HUFU_EXPORT_PRESENT;
    if (problem == ENOENT) {
        problem = dry_run ? foresee(folder) : create(file->path, content);
        file->state = HUFU_EXPORT_WRITTEN;
    }
    if (problem)
        file->state = HUFU_EXPORT_REFUSED;
    file->problem = problem;
}

enum hufu_status hufu_trust_export(const char *folder, bool dry_run, struct hufu_export *ret_export,
                                   struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_LEAF_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pem = {.max = PEM_MAX};
    struct hufu_export export = {.ok = true};
    HUFU_TRY(hufu_leaf_read(&der, err));
    HUFU_TRY(hufu_leaf_info(hufu_buf_bytes(&der), &export.leaf, err));
    add_pem(hufu_buf_bytes(&der), &pem);
    if (pem.failed)
        return hufu_fail(err, HUFU_E_LEAF, "out of memory");
    const struct hufu_buf *content[] = {[HUFU_EXPORT_PEM] = &pem, [HUFU_EXPORT_DER] = &der};
    for (size_t i = 0; i < HUFU_EXPORT_FORM_COUNT; i++) {
        struct hufu_export_file *file = &export.files[i];
        if (locate(file->path, folder, names[i]))
            put(folder, dry_run, hufu_buf_bytes(content[i]), file);
        else
            *file =
                (struct hufu_export_file){.state = HUFU_EXPORT_REFUSED, .problem = ENAMETOOLONG};
        export.ok = export.ok && file->state != HUFU_EXPORT_REFUSED;
    }
    *ret_export = export;
    return HUFU_OK;
}
