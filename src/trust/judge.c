#include "trust/judge.h"

#include "base/path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_missing(int problem)
{
    return problem == ENOENT || problem == ENOTDIR;
}

static bool is_our_folder(const struct stat *info)
{
    return S_ISDIR(info->st_mode) && info->st_uid == geteuid();
}

/* Cuts off what is not there. */
static void shorten(char path[PATH_MAX])
{
    struct stat info;
    while (path[1] && lstat(path, &info) && is_missing(errno)) {
        char *slash = strrchr(path, '/');
        slash[slash == path] = 0;
    }
}

enum hufu_trust_reason hufu_judge_place(const struct hufu_places_bases *bases, const char *folder)
{
    char there[PATH_MAX];
    char real[PATH_MAX];
    struct stat info;
    snprintf(there, sizeof there, "%s", folder);
    shorten(there);
    if (!realpath(there, real))
        return errno == EACCES ? HUFU_TRUST_UNREADABLE : HUFU_TRUST_NOT_OURS;
    if (!hufu_places_hold(bases, real))
        return HUFU_TRUST_OUTSIDE;
    return stat(real, &info) == 0 && is_our_folder(&info) ? HUFU_TRUST_NO_REASON
                                                          : HUFU_TRUST_NOT_OURS;
}

/* Adds one part to `path` and looks at it. */
static enum hufu_trust_reason step_into(char path[PATH_MAX], const char *part, size_t part_len,
                                        struct stat *ret_info)
{
    size_t len = strlen(path);
    *ret_info = (struct stat){0};
    if (part_len == 2 && part[0] == '.' && part[1] == '.')
        return HUFU_TRUST_OUTSIDE;
    if (len + 1 + part_len >= PATH_MAX)
        return HUFU_TRUST_UNREADABLE;
    path[len] = '/';
    memcpy(path + len + 1, part, part_len);
    path[len + 1 + part_len] = 0;
    struct stat info;
    if (lstat(path, &info))
        return is_missing(errno) ? HUFU_TRUST_NO_REASON : HUFU_TRUST_UNREADABLE;
    if (!is_our_folder(&info))
        return HUFU_TRUST_NOT_OURS;
    *ret_info = info;
    return HUFU_TRUST_NO_REASON;
}

enum hufu_trust_reason hufu_judge_below(char path[PATH_MAX], const char *rest,
                                        struct stat *ret_info)
{
    *ret_info = (struct stat){0};
    for (const char *part = rest + strspn(rest, "/"); *part; part += strspn(part, "/")) {
        size_t len = strcspn(part, "/");
        enum hufu_trust_reason reason = HUFU_TRUST_NO_REASON;
        if (len != 1 || part[0] != '.')
            reason = step_into(path, part, len, ret_info);
        if (reason)
            return reason;
        part += len;
    }
    return HUFU_TRUST_NO_REASON;
}

bool hufu_store_judge_files(const char *folder, struct hufu_trust_answer *ret_answer)
{
    static const char *const names[] = {
        "cert9.db",        "cert9.db-journal", "cert9.db-wal", "cert9.db-shm", "key4.db",
        "key4.db-journal", "key4.db-wal",      "key4.db-shm",  "pkcs11.txt",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_MAX];
        struct stat info;
        bool is_there = hufu_path_join(path, folder, names[i]) && lstat(path, &info) == 0;
        if (!is_there || (S_ISREG(info.st_mode) && info.st_uid == geteuid()))
            continue;
        *ret_answer = (struct hufu_trust_answer){
            .state = HUFU_TRUST_REFUSED,
            .reason = S_ISREG(info.st_mode) ? HUFU_TRUST_OWNER : HUFU_TRUST_BAD_FILE,
        };
        snprintf(ret_answer->cause, sizeof ret_answer->cause, "%s", names[i]);
        return false;
    }
    return true;
}
