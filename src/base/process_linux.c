#include "base/process.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "/proc/PID/fd/FD" with numbers of any length. */
enum { PROC_PATH_MAX = 64 };

HUFU_DEFINE_AUTO(DIR *, closedir)

static bool has_socket(pid_t pid, const char *link)
{
    char folder[PROC_PATH_MAX];
    snprintf(folder, sizeof folder, "/proc/%d/fd", pid);
    HUFU_AUTO(closedir_auto) DIR *fds = opendir(folder); /* fails for processes of others */
    for (struct dirent *entry = NULL; fds && (entry = readdir(fds));) {
        char target[PROC_PATH_MAX];
        ssize_t len = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);
        target[len < 0 ? 0 : len] = 0;
        if (strcmp(target, link) == 0)
            return true;
    }
    return false;
}

static void read_name(struct hufu_process *process)
{
    char path[PROC_PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/comm", process->pid);
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, process->name, sizeof process->name - 1);
    process->name[len < 0 ? 0 : len] = 0;
    process->name[strcspn(process->name, "\n")] = 0;
    for (char *at = process->name; *at; at++)
        if (*at < 0x20 || *at > 0x7e)
            *at = '?';
}

bool hufu_process_of_socket(unsigned long inode, struct hufu_process *ret_process)
{
    char link[PROC_PATH_MAX];
    struct stat info;
    snprintf(link, sizeof link, "socket:[%lu]", inode);
    HUFU_AUTO(closedir_auto) DIR *proc = opendir("/proc");
    for (struct dirent *entry = NULL; proc && (entry = readdir(proc));) {
        char *end = NULL;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid <= 0 || pid > INT_MAX || *end || fstatat(dirfd(proc), entry->d_name, &info, 0) ||
            info.st_uid != geteuid() || !has_socket((pid_t)pid, link))
            continue;
        *ret_process = (struct hufu_process){.pid = (pid_t)pid};
        read_name(ret_process);
        return true;
    }
    return false;
}
