#include "base/file.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_STEP = 4096 };

int hufu_file_read(const char *path, struct hufu_buf *buf)
{
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno;
    struct stat info;
    if (fstat(fd, &info))
        return errno;
    if (!S_ISREG(info.st_mode))
        return EINVAL;
    for (;;) {
        uint8_t block[READ_STEP];
        ssize_t len = read(fd, block, sizeof block);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno;
        if (len == 0)
            return 0;
        hufu_buf_add(buf, block, (size_t)len);
        explicit_bzero(block, (size_t)len);
        if (buf->failed)
            return EFBIG;
    }
}

static int write_all(int fd, struct hufu_bytes content)
{
    for (size_t done = 0; done < content.len;) {
        ssize_t len = write(fd, content.data + done, content.len - done);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return errno;
        done += (size_t)len;
    }
    return fsync(fd) ? errno : 0;
}

int hufu_file_write(const char *path, mode_t mode, struct hufu_bytes content)
{
    char temporary[PATH_MAX];
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (len < 0 || len >= PATH_MAX)
        return ENAMETOOLONG;
    HUFU_AUTO(hufu_close) int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return errno;
    int problem = fchmod(fd, mode) ? errno : write_all(fd, content);
    if (!problem && rename(temporary, path))
        problem = errno;
    if (problem)
        unlink(temporary);
    return problem;
}

int hufu_folder_make(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    int len = snprintf(part, sizeof part, "%s", path);
    if (len <= 0 || len >= PATH_MAX)
        return ENAMETOOLONG;
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = 0;
        if (mkdir(part, mode) && errno != EEXIST)
            return errno;
        if (!slash)
            return 0;
        *slash = '/';
    }
}

/* Who owns / can change everything anyway; in a user namespace that is not uid 0. In a folder such
 * as /tmp others may add, but neither replace nor remove. */
static bool is_guarded(const struct stat *info, const struct stat *root)
{
    bool foreign = info->st_uid != root->st_uid && info->st_uid != geteuid();
    bool shared =
        info->st_mode & S_IWOTH || (info->st_mode & S_IWGRP && info->st_gid != root->st_gid);
    bool sticky = S_ISDIR(info->st_mode) && info->st_mode & S_ISVTX;
    return !foreign && (!shared || sticky);
}

bool hufu_file_is_guarded(const char *path)
{
    struct stat root;
    struct stat info;
    char real[PATH_MAX];
    if (stat("/", &root) || !realpath(path, real))
        return false;
    for (char *slash = strrchr(real, '/'); slash; slash = strrchr(real, '/')) {
        if (stat(real, &info) || !is_guarded(&info, &root))
            return false;
        *slash = 0;
    }
    return is_guarded(&root, &root);
}
