#include "trust/policy_work.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MODE = 0644,
    FOLDER_MODE = 0755,
    FOLDERS_MAX = 16 * 1024 /* four times all folders of all places */
};

static const char record_folder[] = "/var/lib/hufu";
static const char record_file[] = "/var/lib/hufu/policy-folders";

/* --- one file --- */

void hufu_policy_refuse(struct hufu_policy_work *work, enum hufu_policy_reason reason,
                        const char *cause)
{
    work->file->state = HUFU_POLICY_REFUSED;
    work->file->reason = reason;
    snprintf(work->file->cause, sizeof work->file->cause, "%s", cause);
}

static const struct problem {
    int number;
    enum hufu_policy_reason reason;
} problems[] = {
    {EACCES, HUFU_POLICY_NOT_ALLOWED}, {EPERM, HUFU_POLICY_NOT_ALLOWED},
    {EINVAL, HUFU_POLICY_NOT_PLAIN},   {EISDIR, HUFU_POLICY_NOT_PLAIN},
    {EFBIG, HUFU_POLICY_TOO_LONG},
};

bool hufu_policy_check(struct hufu_policy_work *work, int problem)
{
    if (!problem)
        return true;
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (problems[i].number == problem) {
            hufu_policy_refuse(work, problems[i].reason, "");
            return false;
        }
    hufu_policy_refuse(work, HUFU_POLICY_FAILED, strerror(problem));
    return false;
}

bool hufu_policy_look_at_file(struct hufu_policy_work *work)
{
    struct stat info;
    const char *path = work->file->path;
    work->mode = FILE_MODE;
    if (!hufu_policy_inside(path, work->order->root)) {
        hufu_policy_refuse(work, HUFU_POLICY_OUTSIDE, "");
        return false;
    }
    if (lstat(path, &info))
        return errno == ENOENT || hufu_policy_check(work, errno);
    if (!S_ISREG(info.st_mode))
        return hufu_policy_check(work, EINVAL); /* a link too: whose file is behind it? */
    work->there = true;
    work->mode = info.st_mode & 07777;
    return hufu_policy_check(work, hufu_file_read(path, &work->now));
}

bool hufu_policy_write(struct hufu_policy_work *work, const char *path, struct hufu_bytes text)
{
    return work->order->dry_run || hufu_policy_check(work, hufu_file_write(path, work->mode, text));
}

bool hufu_policy_unlink(struct hufu_policy_work *work, const char *path)
{
    return work->order->dry_run ||
           hufu_policy_check(work, unlink(path) && errno != ENOENT ? errno : 0);
}

/* --- folders --- */

static bool path_below(const struct hufu_policy_folders *folders, const char *name,
                       char ret_path[PATH_MAX])
{
    int len = snprintf(ret_path, PATH_MAX, "%s%s", folders->root, name);
    return len > 0 && len < PATH_MAX;
}

static int make_one(struct hufu_policy_folders *folders, const char *path)
{
    if (mkdir(path, FOLDER_MODE))
        return errno == EEXIST ? 0 : errno;
    hufu_buf_printf(&folders->made, "%s\n", path + strlen(folders->root));
    return 0;
}

/* `path` is below the root, which is there. */
static int make_all(struct hufu_policy_folders *folders, const char *path)
{
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    int problem = 0;
    for (char *slash = part + strlen(folders->root); slash && !problem;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = 0;
        problem = make_one(folders, part);
        if (slash)
            *slash = '/';
    }
    return problem;
}

bool hufu_policy_make_folder(struct hufu_policy_work *work)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", work->file->path);
    *strrchr(folder, '/') = 0;
    return work->order->dry_run || hufu_policy_check(work, make_all(work->folders, folder));
}

void hufu_policy_folders_load(struct hufu_policy_folders *folders, const char *root)
{
    char path[PATH_MAX];
    *folders = (struct hufu_policy_folders){.root = root, .made = {.max = FOLDERS_MAX}};
    if (!path_below(folders, record_file, path) || hufu_file_read(path, &folders->made))
        hufu_buf_clear(&folders->made);
}

void hufu_policy_folders_save(struct hufu_policy_folders *folders)
{
    char path[PATH_MAX];
    if (!folders->made.len || folders->made.failed || !path_below(folders, record_folder, path) ||
        !hufu_policy_inside(path, folders->root) || make_all(folders, path))
        return;
    if (path_below(folders, record_file, path))
        (void)hufu_file_write(path, FILE_MODE, hufu_buf_bytes(&folders->made));
}

/* The last that was made first: it may lie in one that was made before. rmdir takes empty ones. */
void hufu_policy_folders_remove(struct hufu_policy_folders *folders)
{
    char path[PATH_MAX];
    if (path_below(folders, record_file, path))
        unlink(path);
    while (folders->made.len) {
        char *made = (char *)folders->made.data;
        made[folders->made.len - 1] = 0;
        const char *break_before = strrchr(made, '\n');
        const char *line = break_before ? break_before + 1 : made;
        if (line[0] == '/' && !strstr(line, "/..") && path_below(folders, line, path) &&
            hufu_policy_inside(path, folders->root))
            rmdir(path);
        hufu_buf_shorten(&folders->made, folders->made.len - (size_t)(line - made));
    }
}

void hufu_policy_folders_done(struct hufu_policy_folders *folders)
{
    hufu_buf_done(&folders->made);
}
