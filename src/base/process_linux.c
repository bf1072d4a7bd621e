#include "base/process.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "/proc/PID/fd/FD" with numbers of any length; the kernel's limit for an environment is larger. */
enum { PROC_PATH_MAX = 64, ENVIRONMENT_MAX = 1024 * 1024 };

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

/* Of the fields of /proc/PID/stat after the name, which may hold anything: see proc(5). */
enum { STAT_PARENT = 1, STAT_STARTED = 19, STAT_MAX = 1024 };

static bool read_stat(pid_t pid, int field, uint64_t *ret_value)
{
    char path[PROC_PATH_MAX];
    char text[STAT_MAX];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    text[len < 0 ? 0 : len] = 0;
    char *at = strrchr(text, ')');
    for (int i = 0; at && i <= field; i++)
        at = strchr(at + 1, ' ');
    if (!at)
        return false;
    *ret_value = strtoull(at, NULL, 10);
    return true;
}

bool hufu_process_look(pid_t pid, struct hufu_process *ret_process)
{
    struct hufu_process process = {.pid = pid};
    if (!read_stat(pid, STAT_STARTED, &process.started))
        return false;
    read_name(&process);
    *ret_process = process;
    return true;
}

pid_t hufu_process_parent(pid_t pid)
{
    uint64_t parent = 0;
    return read_stat(pid, STAT_PARENT, &parent) && parent <= INT_MAX ? (pid_t)parent : 0;
}

time_t hufu_process_since(const struct hufu_process *process)
{
    struct timespec up;
    long ticks = sysconf(_SC_CLK_TCK);
    if (!process->started || ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &up))
        return 0;
    return time(NULL) - (up.tv_sec - (time_t)(process->started / (uint64_t)ticks));
}

void hufu_process_each(bool (*found)(void *context, pid_t pid), void *context)
{
    struct stat info;
    HUFU_AUTO(closedir_auto) DIR *proc = opendir("/proc");
    for (struct dirent *entry = NULL; proc && (entry = readdir(proc));) {
        char *end = NULL;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid <= 0 || pid > INT_MAX || *end || fstatat(dirfd(proc), entry->d_name, &info, 0) ||
            info.st_uid != geteuid())
            continue;
        if (!found(context, (pid_t)pid))
            return;
    }
}

struct search {
    char link[PROC_PATH_MAX];
    pid_t pid; /* 0 while it is not found */
};

static bool look_for_socket(void *context, pid_t pid)
{
    struct search *search = context;
    if (has_socket(pid, search->link))
        search->pid = pid;
    return !search->pid;
}

bool hufu_process_of_socket(unsigned long inode, struct hufu_process *ret_process)
{
    struct search search = {.pid = 0};
    snprintf(search.link, sizeof search.link, "socket:[%lu]", inode);
    hufu_process_each(look_for_socket, &search);
    return search.pid && hufu_process_look(search.pid, ret_process);
}

/* --- by name --- */

/* /proc/PID belongs to root where a process hides itself (PR_SET_DUMPABLE); its status does not
 * hide whose it is. */
static bool is_ours(pid_t pid)
{
    char path[PROC_PATH_MAX];
    char text[STAT_MAX];
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    text[len < 0 ? 0 : len] = 0;
    const char *line = strstr(text, "\nUid:\t"); /* the real one, then the effective one */
    const char *effective = line ? strchr(line + sizeof "\nUid:\t" - 1, '\t') : NULL;
    bool ended = strstr(text, "\nState:\tZ"); /* and nobody has asked for it yet */
    return effective && !ended && strtoull(effective, NULL, 10) == geteuid();
}

/* The environment with which it began, where that is to be seen. */
static bool has_other_home(pid_t pid)
{
    char path[PROC_PATH_MAX];
    const char *home = getenv("HOME");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = ENVIRONMENT_MAX};
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    if (!home || hufu_file_read(path, &text))
        return false;
    for (size_t at = 0; at < text.len; at += strlen((char *)text.data + at) + 1)
        if (strncmp((char *)text.data + at, "HOME=", 5) == 0)
            return strcmp((char *)text.data + at + 5, home) != 0;
    return false;
}

bool hufu_process_named(const char *name, struct hufu_process *ret_process)
{
    struct hufu_process found = {0};
    HUFU_AUTO(closedir_auto) DIR *proc = opendir("/proc");
    for (struct dirent *entry = NULL; proc && (entry = readdir(proc));) {
        char *end = NULL;
        struct hufu_process process;
        long pid = strtol(entry->d_name, &end, 10);
        if (pid <= 0 || pid > INT_MAX || *end || !hufu_process_look((pid_t)pid, &process) ||
            strcmp(process.name, name) != 0 || !is_ours(process.pid) || has_other_home(process.pid))
            continue;
        if (!found.pid || process.started < found.started)
            found = process;
    }
    if (found.pid)
        *ret_process = found;
    return found.pid != 0;
}
