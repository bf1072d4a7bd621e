#include "trust/holder.h"

#include "base/cleanup.h"
#include "base/path.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROC_PATH_MAX = 64 };

/* A browser's processes are two or three generations; it bounds a walk that races with their end.
 */
enum { GENERATIONS_MAX = 8 };

HUFU_DEFINE_AUTO(DIR *, closedir)

static const char *const files[] = {"cert9.db", "key4.db"};

enum { FILES = sizeof files / sizeof files[0] };

/* The files by their inodes: a flatpak or a snap knows them under other paths. */
struct database {
    struct stat files[FILES]; /* st_ino 0: not there */
};

static bool find_files(const char *folder, struct database *ret_database)
{
    bool found = false;
    for (size_t i = 0; i < FILES; i++) {
        char path[PATH_MAX];
        ret_database->files[i].st_ino = 0;
        if (hufu_path_join(path, folder, files[i]) && stat(path, &ret_database->files[i]) == 0)
            found = true;
        else
            ret_database->files[i].st_ino = 0;
    }
    return found;
}

static bool is_file(const struct database *database, const struct stat *info)
{
    for (size_t i = 0; i < FILES; i++)
        if (database->files[i].st_ino && database->files[i].st_ino == info->st_ino &&
            database->files[i].st_dev == info->st_dev)
            return true;
    return false;
}

static bool holds(pid_t pid, const struct database *database)
{
    char folder[PROC_PATH_MAX];
    struct stat info;
    snprintf(folder, sizeof folder, "/proc/%d/fd", pid);
    HUFU_AUTO(closedir_auto) DIR *fds = opendir(folder); /* fails for processes of others */
    for (struct dirent *entry = NULL; fds && (entry = readdir(fds));)
        if (fstatat(dirfd(fds), entry->d_name, &info, 0) == 0 && is_file(database, &info))
            return true;
    return false;
}

struct search {
    const struct database *database;
    struct hufu_process *holders;
    size_t count;
    size_t max;
};

static bool look(void *context, pid_t pid)
{
    struct search *search = context;
    if (pid != getpid() && holds(pid, search->database) &&
        hufu_process_look(pid, &search->holders[search->count]))
        search->count++;
    return search->count < search->max;
}

size_t hufu_holders_find(const char *folder, struct hufu_process *ret_holders, size_t max)
{
    struct database database;
    struct search search = {.database = &database, .holders = ret_holders, .max = max};
    if (max && find_files(folder, &database))
        hufu_process_each(look, &search);
    return search.count;
}

bool hufu_holder_is(pid_t pid, const char *folder)
{
    struct database database;
    if (!find_files(folder, &database))
        return false;
    for (int i = 0; i < GENERATIONS_MAX && pid > 1; i++, pid = hufu_process_parent(pid))
        if (holds(pid, &database))
            return true;
    return false;
}
