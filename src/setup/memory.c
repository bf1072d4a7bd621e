/* What hufu's programs wrote down in the home, apart from trust, which has its own record. */
#include "setup/steps.h"

#include "base/cleanup.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(DIR *, closedir)

/* The file of the tray's menu stands among what a person writes, which stays. */
static const char tray_file[] = "tray.ini";

/* hufu makes one folder in its folder; a link is an entry like any other. */
enum { DEPTH_MAX = 2 };

static int empty(int folder, const char *name, int depth)
{
    HUFU_AUTO(hufu_close)
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    HUFU_AUTO(closedir_auto) DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    for (struct dirent *entry = NULL; entries && (entry = readdir(entries));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT)
            continue;
        if (errno != EISDIR || depth == DEPTH_MAX)
            return errno;
        int problem = empty(fd, entry->d_name, depth + 1);
        if (!problem && unlinkat(fd, entry->d_name, AT_REMOVEDIR))
            problem = errno;
        if (problem)
            return problem;
    }
    return entries ? 0 : errno;
}

static bool find(char ret_state[PATH_MAX], char ret_tray[PATH_MAX])
{
    char config[PATH_MAX];
    return hufu_path_state(ret_state) && hufu_path_config(config) &&
           hufu_path_join(ret_tray, config, tray_file);
}

void hufu_memory_look(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    char state[PATH_MAX];
    char tray[PATH_MAX];
    struct stat info;
    (void)order;
    bool there = find(state, tray) && (lstat(state, &info) == 0 || lstat(tray, &info) == 0);
    result->state = there ? HUFU_SETUP_OPEN : HUFU_SETUP_DONE;
}

void hufu_memory_undo(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    char state[PATH_MAX];
    char tray[PATH_MAX];
    (void)order;
    if (!find(state, tray))
        return;
    int problem = empty(AT_FDCWD, state, 0);
    if (problem && problem != ENOENT) {
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_FILE, strerror(problem));
        return;
    }
    (void)unlink(tray);
    hufu_setup_remove_empty(state);
    *strrchr(tray, '/') = 0;
    hufu_setup_remove_empty(tray);
}
