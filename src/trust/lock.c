#include "trust/lock.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/path.h"
#include "trust/record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    WAIT_MS = 30 * 1000, /* the longest run: a store that hangs is given up after 20 s */
    POLL_MS = 10,
};

static enum hufu_status fail_errno(struct hufu_error *err, int problem, const char *detail)
{
    return hufu_fail_from(err, HUFU_E_LEAF, HUFU_ORIGIN_ERRNO, (unsigned long)problem, detail);
}

/* The owner check keeps `sudo` from leaving root's files in a user's home. */
static enum hufu_status open_folder(const char *folder, int *ret_fd, struct hufu_error *err)
{
    HUFU_AUTO(hufu_close) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info))
        return fail_errno(err, errno, folder);
    if (info.st_uid != geteuid())
        return fail_errno(err, EPERM, "the folder belongs to another user");
    *ret_fd = fd;
    fd = -1;
    return HUFU_OK;
}

static enum hufu_status wait_for(int fd, int64_t deadline, struct hufu_error *err)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000 * 1000};
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fail_errno(err, errno, "flock");
        if (hufu_clock_ms() > deadline)
            return hufu_fail(err, HUFU_E_TRUST_BUSY, "flock");
        nanosleep(&pause, NULL);
    }
    return HUFU_OK;
}

/* A run that takes everything back removes the folder that others wait for. */
static bool is_still(const char *folder, int fd)
{
    struct stat there;
    struct stat open;
    return stat(folder, &there) == 0 && fstat(fd, &open) == 0 && there.st_ino == open.st_ino &&
           there.st_dev == open.st_dev;
}

static bool is_missing(const char *folder)
{
    return access(folder, F_OK) && errno == ENOENT;
}

enum hufu_status hufu_trust_lock(bool make, int *ret_lock, struct hufu_error *err)
{
    char folder[PATH_MAX];
    int64_t deadline = hufu_clock_ms() + WAIT_MS;
    if (!hufu_path_data(folder))
        return hufu_fail(err, HUFU_E_LEAF, "HOME is not set or too long");
    while (make || !is_missing(folder)) {
        HUFU_AUTO(hufu_close) int fd = -1;
        if (make)
            HUFU_TRY(hufu_record_make_home(err));
        if (is_missing(folder))
            continue;
        HUFU_TRY(open_folder(folder, &fd, err));
        HUFU_TRY(wait_for(fd, deadline, err));
        if (!is_still(folder, fd))
            continue;
        if (make)
            HUFU_TRY(hufu_record_make_home(err)); /* the run before may have taken it away */
        *ret_lock = fd;
        fd = -1;
        return HUFU_OK;
    }
    *ret_lock = -1;
    return HUFU_OK;
}
