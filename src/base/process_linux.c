#include "base/process.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
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

/* The beginning of a file of /proc/PID; "" when there is none. */
static void read_file(pid_t pid, const char *name, char *ret_text, size_t size)
{
    char path[PROC_PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, ret_text, size - 1);
    ret_text[len < 0 ? 0 : len] = 0;
}

static void read_name(struct hufu_process *process)
{
    read_file(process->pid, "comm", process->name, sizeof process->name);
    process->name[strcspn(process->name, "\n")] = 0;
    for (char *at = process->name; *at; at++)
        if (*at < 0x20 || *at > 0x7e)
            *at = '?';
}

/* Of the fields of /proc/PID/stat after the name, which may hold anything: see proc(5). */
enum { STAT_PARENT = 1, STAT_STARTED = 19, STAT_MAX = 1024, STATUS_MAX = 1024 };

static bool read_stat(pid_t pid, int field, uint64_t *ret_value)
{
    char text[STAT_MAX];
    read_file(pid, "stat", text, sizeof text);
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

/* The name stands before it, and cannot hold the end of a line. */
bool hufu_process_is_ours(pid_t pid)
{
    static const char field[] = "\nUid:\t";
    char text[STATUS_MAX];
    read_file(pid, "status", text, sizeof text);
    const char *at = strstr(text, field);
    return at && !strstr(text, "\nState:\tZ") &&
           strtoull(at + sizeof field - 1, NULL, 10) == getuid();
}

/* --- ending --- */

enum { KILLED_MS = 5000 }; /* the kernel needs a moment, or a disk that hangs */

static bool ends_within(int process, int ms)
{
    struct pollfd ended = {.fd = process, .events = POLLIN};
    return TEMP_FAILURE_RETRY(poll(&ended, 1, ms)) == 1;
}

/* A descriptor for it, or -1 when it has ended. What is looked at after it was opened is what it
 * stands for. */
static int open_process(const struct hufu_process *process)
{
    struct hufu_process now;
    HUFU_AUTO(hufu_close) int fd = pidfd_open(process->pid, 0);
    if (fd < 0 || !hufu_process_look(process->pid, &now) || now.started != process->started)
        return -1;
    int opened = fd;
    fd = -1;
    return opened;
}

bool hufu_process_ask_to_end(const struct hufu_process *process)
{
    HUFU_AUTO(hufu_close) int fd = open_process(process);
    return fd >= 0 && hufu_process_is_ours(process->pid) &&
           pidfd_send_signal(fd, SIGTERM, NULL, 0) == 0;
}

bool hufu_process_end(const struct hufu_process *process, int grace_ms)
{
    HUFU_AUTO(hufu_close) int fd = open_process(process);
    if (fd < 0)
        return true;
    if (!hufu_process_is_ours(process->pid) || pidfd_send_signal(fd, SIGTERM, NULL, 0))
        return false;
    return ends_within(fd, grace_ms) ||
           (pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0 && ends_within(fd, KILLED_MS));
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
