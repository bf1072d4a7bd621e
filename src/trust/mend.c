#include "trust/mend.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "trust/salvage.h"
#include "trust/trial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const hufu_database_files[HUFU_DATABASE_FILES] = {"cert9.db", "key4.db"};

enum { KEYS = 1 }; /* which of them has the private keys */

/* Two repairs within a second are rare, a hundred are none of a person. */
enum { COPIES_MAX = 100, BLOCK_SIZE = 65536 };

/* Where the new files are made. One that was left behind holds nothing that is not elsewhere. */
static const char work_name[] = "hufu-repair";

/* What SQLite keeps beside a file while it is written. It belongs to that file only. */
static const char *const journals[] = {"-journal", "-wal", "-shm"};

struct mending {
    const char *folder;
    const bool *damaged;
    char work[PATH_MAX];
    struct hufu_trust_answer *answer;
};

HUFU_DEFINE_AUTO(DIR *, closedir)

static bool fail(struct mending *mending, const char *cause)
{
    snprintf(mending->answer->cause, sizeof mending->answer->cause, "%.*s",
             HUFU_TRUST_CAUSE_SIZE - 1, cause);
    return false;
}

static bool fail_errno(struct mending *mending)
{
    return fail(mending, strerrorname_np(errno));
}

static void remove_work(struct mending *mending)
{
    HUFU_AUTO(closedir_auto) DIR *files = opendir(mending->work);
    for (struct dirent *entry = NULL; files && (entry = readdir(files));)
        unlinkat(dirfd(files), entry->d_name, 0);
    rmdir(mending->work);
}

static bool sync_path(const char *path)
{
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 && fsync(fd) == 0;
}

static bool copy_bytes(int from, int to)
{
    char block[BLOCK_SIZE];
    ssize_t len = 0;
    while ((len = TEMP_FAILURE_RETRY(read(from, block, sizeof block))) > 0)
        if (TEMP_FAILURE_RETRY(write(to, block, (size_t)len)) != len)
            return false;
    explicit_bzero(block, sizeof block);
    return len == 0 && fsync(to) == 0;
}

static bool copy_file(const char *from, const char *to)
{
    HUFU_AUTO(hufu_close) int source = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    HUFU_AUTO(hufu_close)
    int target = source < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return target >= 0 && copy_bytes(source, target);
}

/* --- the new files --- */

static bool paths_of(const struct mending *mending, int file, char ret_old[PATH_MAX],
                     char ret_new[PATH_MAX])
{
    return hufu_path_join(ret_old, mending->folder, hufu_database_files[file]) &&
           hufu_path_join(ret_new, mending->work, hufu_database_files[file]);
}

static void add_counts(struct hufu_trust_answer *answer, const struct hufu_salvage *salvage)
{
    answer->saved += (unsigned)salvage->saved;
    answer->lost += (unsigned)salvage->lost;
    answer->uncounted = answer->uncounted || !salvage->counted;
}

/* Without the row that checks the password nobody can read a private key, not with the right
 * password either; a new file is better than one that cannot be used. */
static bool give_up_keys(struct mending *mending, const char *path, struct hufu_salvage *salvage)
{
    *salvage =
        (struct hufu_salvage){.lost = salvage->lost + salvage->saved, .counted = salvage->counted};
    mending->answer->keys_lost = true;
    return unlink(path) == 0 && hufu_trial_passes(mending->work, true);
}

static bool salvage_file(struct mending *mending, int file)
{
    char before[PATH_MAX];
    char after[PATH_MAX];
    char sister[PATH_MAX];
    struct hufu_salvage salvage = {0};
    struct hufu_error err = {0};
    if (!paths_of(mending, file, before, after) ||
        !hufu_path_join(sister, mending->folder, hufu_database_files[!file]))
        return fail(mending, "ENAMETOOLONG");
    if (hufu_salvage(before, sister, after, &salvage, &err) != HUFU_OK)
        return fail(mending, err.detail);
    if (file == KEYS && !salvage.password && !give_up_keys(mending, after, &salvage))
        return fail_errno(mending);
    add_counts(mending->answer, &salvage);
    return true;
}

/* A sound one is copied: signatures in the one are about rows in the other, so NSS judges both. */
static bool copy_sound(struct mending *mending, int file)
{
    char before[PATH_MAX];
    char after[PATH_MAX];
    if (!paths_of(mending, file, before, after))
        return fail(mending, "ENAMETOOLONG");
    if (access(before, F_OK) && errno == ENOENT)
        return true;
    return (unlink(after) == 0 && copy_file(before, after)) || fail_errno(mending);
}

static bool make_new(struct mending *mending)
{
    remove_work(mending);
    if (mkdir(mending->work, 0700))
        return fail_errno(mending);
    if (!hufu_trial_passes(mending->work, true))
        return fail(mending, "NSS made no database");
    for (int i = 0; i < HUFU_DATABASE_FILES; i++)
        if (!(mending->damaged[i] ? salvage_file : copy_sound)(mending, i))
            return false;
    return hufu_trial_passes(mending->work, true) || fail(mending, "NSS refuses what was saved");
}

/* --- the old ones --- */

static bool make_copy_folder(struct mending *mending)
{
    char stamp[sizeof "20281121T100000Z"] = "";
    time_t now = time(NULL);
    struct tm parts;
    if (gmtime_r(&now, &parts))
        strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
    for (int i = 0; i < COPIES_MAX; i++) {
        char name[64];
        snprintf(name, sizeof name, i ? "hufu-copy-%s-%d" : "hufu-copy-%s", stamp, i);
        if (!hufu_path_join(mending->answer->copy, mending->folder, name))
            return false;
        if (mkdir(mending->answer->copy, 0700) == 0)
            return true;
        if (errno != EEXIST)
            return false;
    }
    return false;
}

/* A second name of the same file takes no room; some file systems have none. */
static bool keep(struct mending *mending, const char *name)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    if (!hufu_path_join(from, mending->folder, name) ||
        !hufu_path_join(to, mending->answer->copy, name))
        return false;
    if (access(from, F_OK) && errno == ENOENT)
        return true;
    return (link(from, to) == 0 || copy_file(from, to)) && chmod(to, 0600) == 0 && sync_path(to);
}

static bool each_journal(struct mending *mending, bool (*action)(struct mending *, const char *))
{
    char name[sizeof "cert9.db-journal"];
    for (int i = 0; i < HUFU_DATABASE_FILES; i++)
        for (size_t n = 0; n < sizeof journals / sizeof journals[0]; n++) {
            snprintf(name, sizeof name, "%s%s", hufu_database_files[i], journals[n]);
            if (mending->damaged[i] && !action(mending, name))
                return false;
        }
    return true;
}

static bool keep_all(struct mending *mending)
{
    if (!make_copy_folder(mending))
        return false;
    for (int i = 0; i < HUFU_DATABASE_FILES; i++)
        if (mending->damaged[i] && !keep(mending, hufu_database_files[i]))
            return false;
    return each_journal(mending, keep) && sync_path(mending->answer->copy) &&
           sync_path(mending->folder);
}

static bool discard(struct mending *mending, const char *name)
{
    char path[PATH_MAX];
    return hufu_path_join(path, mending->folder, name) && (unlink(path) == 0 || errno == ENOENT);
}

/* A journal of the old file would be played into the new one, so it goes first. */
static bool replace_all(struct mending *mending)
{
    if (!each_journal(mending, discard))
        return false;
    for (int i = 0; i < HUFU_DATABASE_FILES; i++) {
        char before[PATH_MAX];
        char after[PATH_MAX];
        if (mending->damaged[i] && (!paths_of(mending, i, before, after) || !sync_path(after) ||
                                    rename(after, before) != 0))
            return false;
    }
    return sync_path(mending->folder);
}

void hufu_mend_tidy(const char *folder)
{
    struct mending mending = {.folder = folder};
    if (hufu_path_join(mending.work, folder, work_name))
        remove_work(&mending);
}

bool hufu_mend(const char *folder, const bool damaged[HUFU_DATABASE_FILES],
               struct hufu_trust_answer *answer)
{
    struct mending mending = {.folder = folder, .damaged = damaged, .answer = answer};
    if (!hufu_path_join(mending.work, folder, work_name))
        return fail(&mending, "ENAMETOOLONG");
    bool made = make_new(&mending);
    bool done = made && keep_all(&mending) && replace_all(&mending);
    if (made && !done)
        fail_errno(&mending);
    remove_work(&mending);
    return done;
}
