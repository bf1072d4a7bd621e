#include "trust/faults.h"

#include "base/path.h"
#include "trust/holder.h"
#include "trust/judge.h"
#include "trust/mend.h"
#include "trust/sqlite.h"
#include "trust/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Both files grow by some pages, and SQLite keeps the old pages until it is done. */
enum { ROOM_TO_ADD = 256 * 1024 };

/* Whoever looks at a database, and what was seen. */
struct look {
    const char *folder;
    bool writes;
    bool repairs;
    enum hufu_database_health health[HUFU_DATABASE_FILES]; /* once it was asked who has them */
    bool damaged[HUFU_DATABASE_FILES];
    char cause[HUFU_TRUST_CAUSE_SIZE];
};

/* Whose way a fault is in. */
enum { READERS = 1, WRITERS = 2, ALL = READERS | WRITERS };

struct fault {
    enum hufu_trust_reason reason;
    int of;
    bool (*seen)(struct look *look);
    /* NULL when only a person can; false when it failed, with the answer's reason and cause */
    bool (*cure)(struct look *look, struct hufu_trust_answer *answer);
};

static bool locate(const struct look *look, int file, char ret_path[PATH_MAX])
{
    return hufu_path_join(ret_path, look->folder, hufu_database_files[file]);
}

static bool blame(struct look *look, const char *cause)
{
    snprintf(look->cause, sizeof look->cause, "%s", cause ? cause : "");
    return true;
}

static bool exists(const struct look *look, const char *name)
{
    char path[PATH_MAX];
    struct stat info;
    return hufu_path_join(path, look->folder, name) && lstat(path, &info) == 0;
}

static bool has_content(const struct look *look, int file)
{
    char path[PATH_MAX];
    struct stat info;
    return locate(look, file, path) && lstat(path, &info) == 0 && info.st_size > 0;
}

/* NSS makes both, or what one of them lacks, but only where it may write. */
static bool is_half_missing(struct look *look)
{
    for (int i = 0; i < HUFU_DATABASE_FILES; i++)
        if (exists(look, hufu_database_files[0]) && !has_content(look, i))
            return blame(look, hufu_database_files[i]);
    return false;
}

/* The browser takes the old files over when it makes the new ones, and never again. */
static bool is_legacy(struct look *look)
{
    return !exists(look, "cert9.db") && (exists(look, "cert8.db") || exists(look, "key3.db")) &&
           blame(look, exists(look, "cert8.db") ? "cert8.db" : "key3.db");
}

/* --- what may not be written to --- */

/* 0, or why the file or folder at `path` cannot be written to; one that is not there can be. */
static int problem_of(const char *path, int mode)
{
    if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 || errno == ENOENT)
        return 0;
    return errno;
}

static int write_problem(const struct look *look)
{
    int problem = problem_of(look->folder, R_OK | W_OK | X_OK);
    for (int i = 0; !problem && i < HUFU_DATABASE_FILES; i++) {
        char path[PATH_MAX];
        problem = locate(look, i, path) ? problem_of(path, R_OK | W_OK) : ENAMETOOLONG;
    }
    return problem;
}

static bool is_read_only(struct look *look)
{
    return write_problem(look) == EACCES;
}

static bool is_protected(struct look *look)
{
    int problem = write_problem(look);
    return problem && problem != EACCES && blame(look, strerrorname_np(problem));
}

static bool permit(const char *path, mode_t mode)
{
    struct stat info;
    if (lstat(path, &info))
        return errno == ENOENT;
    return !S_ISLNK(info.st_mode) &&
           ((info.st_mode & mode) == mode || chmod(path, (info.st_mode & ALLPERMS) | mode) == 0);
}

static bool permit_all(struct look *look, struct hufu_trust_answer *answer)
{
    bool done = permit(look->folder, S_IRWXU);
    for (int i = 0; done && i < HUFU_DATABASE_FILES; i++) {
        char path[PATH_MAX];
        done = locate(look, i, path) && permit(path, S_IRUSR | S_IWUSR);
    }
    int problem = done ? 0 : errno;
    if (done && !write_problem(look))
        return true;
    answer->reason = HUFU_TRUST_READ_ONLY;
    snprintf(answer->cause, sizeof answer->cause, "%s", problem ? strerrorname_np(problem) : "");
    return false;
}

/* --- room --- */

/* A folder that is not there yet will be made in the nearest one that is. */
static bool has_room(const struct look *look, size_t wanted)
{
    struct statvfs info;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", look->folder);
    while (statvfs(path, &info)) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || !slash || slash == path)
            return true; /* making it will say what is wrong */
        *slash = 0;
    }
    return (uint64_t)info.f_bavail * info.f_frsize >= wanted;
}

static bool is_full(struct look *look)
{
    return !has_room(look, ROOM_TO_ADD);
}

/* Both files anew, and what SQLite keeps of them meanwhile. */
static size_t room_to_mend(const struct look *look)
{
    size_t room = ROOM_TO_ADD;
    for (int i = 0; i < HUFU_DATABASE_FILES; i++) {
        char path[PATH_MAX];
        struct stat info;
        if (locate(look, i, path) && lstat(path, &info) == 0)
            room += 2 * (size_t)info.st_size;
    }
    return room;
}

/* --- who has it --- */

static bool is_held(struct look *look)
{
    struct hufu_process holder;
    if (!hufu_holders_find(look->folder, &holder, 1))
        return false;
    return blame(look, holder.name);
}

static bool is_locked(struct look *look)
{
    for (int i = 0; i < HUFU_DATABASE_FILES; i++) {
        char path[PATH_MAX];
        look->health[i] = has_content(look, i) && locate(look, i, path)
                              ? hufu_database_check(path, look->writes)
                              : HUFU_DATABASE_SOUND;
        if (look->health[i] == HUFU_DATABASE_LOCKED)
            return is_held(look) || blame(look, hufu_database_files[i]);
    }
    return false;
}

/* --- damage --- */

/* SQLite finds a file sound in which NSS finds nothing that it knows: then both are made anew. */
static bool is_refused(const struct look *look)
{
    return look->repairs && has_content(look, 0) && has_content(look, 1) &&
           !hufu_trial_passes(look->folder, false);
}

static bool is_damaged(struct look *look)
{
    size_t len = 0;
    for (int i = 0; i < HUFU_DATABASE_FILES; i++)
        look->damaged[i] = look->health[i] == HUFU_DATABASE_DAMAGED;
    if (!look->damaged[0] && !look->damaged[1])
        look->damaged[0] = look->damaged[1] = is_refused(look);
    for (int i = 0; i < HUFU_DATABASE_FILES; i++)
        if (look->damaged[i])
            len += (size_t)snprintf(look->cause + len, sizeof look->cause - len, "%s%s",
                                    len ? ", " : "", hufu_database_files[i]);
    return len > 0;
}

/* A running program would go on writing into the file that is kept, and reading from it. */
static bool mend(struct look *look, struct hufu_trust_answer *answer)
{
    bool held = is_held(look);
    if (held || !has_room(look, room_to_mend(look))) {
        answer->reason = held ? HUFU_TRUST_IN_USE : HUFU_TRUST_FULL;
        snprintf(answer->cause, sizeof answer->cause, "%s", held ? look->cause : "");
        return false;
    }
    if (hufu_mend(look->folder, look->damaged, answer))
        return true;
    answer->reason = HUFU_TRUST_NOT_MENDED;
    return false;
}

/* In the order in which they must be out of the way: one hides those below. */
static const struct fault faults[] = {
    {.reason = HUFU_TRUST_LEGACY, .of = ALL, .seen = is_legacy},
    {.reason = HUFU_TRUST_HALF, .of = READERS, .seen = is_half_missing}, /* others make it */
    {.reason = HUFU_TRUST_PROTECTED, .of = WRITERS, .seen = is_protected},
    {.reason = HUFU_TRUST_PERMISSION, .of = WRITERS, .seen = is_read_only, .cure = permit_all},
    {.reason = HUFU_TRUST_FULL, .of = WRITERS, .seen = is_full},
    {.reason = HUFU_TRUST_IN_USE, .of = ALL, .seen = is_locked},
    {.reason = HUFU_TRUST_DAMAGED, .of = ALL, .seen = is_damaged, .cure = mend},
};

enum { FAULTS = sizeof faults / sizeof faults[0] };

static const struct fault *find(struct look *look, int whom)
{
    for (int i = 0; i < FAULTS; i++)
        if (faults[i].of & whom && faults[i].seen(look))
            return &faults[i];
    return NULL;
}

static struct hufu_trust_answer refused(const struct fault *fault, const struct look *look)
{
    struct hufu_trust_answer answer = {.state = HUFU_TRUST_REFUSED, .reason = fault->reason};
    memcpy(answer.cause, look->cause, sizeof answer.cause);
    return answer;
}

bool hufu_faults_find(const struct hufu_store_order *order, const char *folder, bool writes,
                      struct hufu_trust_answer *ret_answer)
{
    if (!hufu_store_judge_files(folder, ret_answer))
        return true;
    struct look look = {.folder = folder, .writes = writes && !order->dry_run};
    const struct fault *fault = find(&look, writes ? WRITERS : READERS);
    if (fault)
        *ret_answer = refused(fault, &look);
    return fault;
}

/* What an earlier cure kept, saved and lost stays in the answer. */
static void blame_fault(struct hufu_trust_answer *answer, const struct fault *fault,
                        const struct look *look)
{
    const struct hufu_trust_answer now = refused(fault, look);
    answer->state = now.state;
    answer->reason = now.reason;
    memcpy(answer->cause, now.cause, sizeof answer->cause);
}

/* Cures one fault after the other, each once; false when one stays. */
static bool cure_all(const char *folder, bool dry_run, struct hufu_trust_answer *answer)
{
    const struct fault *before = NULL;
    if (!hufu_store_judge_files(folder, answer))
        return false;
    for (;;) {
        struct look look = {.folder = folder, .writes = !dry_run, .repairs = true};
        const struct fault *fault = find(&look, WRITERS);
        if (!fault)
            return true;
        blame_fault(answer, fault, &look);
        if (!fault->cure || (before && fault <= before))
            return false;
        if (!dry_run && !fault->cure(&look, answer))
            return false;
        answer->state = HUFU_TRUST_REPAIRED;
        if (dry_run)
            return true;
        before = fault;
    }
}

static void keep_counts(struct hufu_trust_answer *answer, const struct hufu_trust_answer *cured)
{
    memcpy(answer->copy, cured->copy, sizeof answer->copy);
    answer->saved = cured->saved;
    answer->lost = cured->lost;
    answer->uncounted = cured->uncounted;
    answer->keys_lost = cured->keys_lost;
}

void hufu_faults_repair(hufu_store_action *install, const struct hufu_store_order *order,
                        const char *folder, struct hufu_trust_answer *ret_answer)
{
    struct hufu_trust_answer cured = {.state = HUFU_TRUST_ABSENT};
    bool sound = cure_all(folder, order->dry_run, &cured);
    bool repaired = cured.state == HUFU_TRUST_REPAIRED;
    *ret_answer = cured;
    if (!sound || (order->dry_run && repaired))
        return;
    if (!order->dry_run)
        hufu_mend_tidy(folder);
    install(order, folder, ret_answer);
    if (repaired && ret_answer->state != HUFU_TRUST_REFUSED)
        *ret_answer = cured;
    else
        keep_counts(ret_answer, &cured);
}
