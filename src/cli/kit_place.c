#include "cli/kit.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASE   "/tmp"
#define PREFIX "hufu-kit-"

static const char process_file[] = "kit";

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, PROCESS_MAX = 64 };

static void close_folder(DIR **folder)
{
    if (*folder)
        (void)closedir(*folder);
}

/* --- whose it is --- */

static enum hufu_status fail(struct hufu_error *err, const char *detail)
{
    return hufu_fail(err, HUFU_E_START, detail);
}

/* A folder, not a link, that nobody else can look into. */
static bool is_private(const char *folder)
{
    struct stat info;
    return lstat(folder, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & 077) == 0;
}

static bool write_process(const char *folder)
{
    char path[PATH_MAX];
    struct hufu_process own;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = PROCESS_MAX};
    if (!hufu_process_look(getpid(), &own) || !hufu_path_join(path, folder, process_file))
        return false;
    hufu_buf_printf(&text, "%d %" PRIu64 "\n", own.pid, own.started);
    return !text.failed && hufu_file_write(path, FILE_MODE, hufu_buf_bytes(&text)) == 0;
}

/* Whether a kit was made there; its process may have ended. */
static bool read_process(const char *folder, struct hufu_process *ret_process)
{
    char path[PATH_MAX];
    char *end = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = PROCESS_MAX};
    if (!is_private(folder) || !hufu_path_join(path, folder, process_file) ||
        hufu_file_read(path, &text))
        return false;
    long pid = strtol(hufu_buf_text(&text), &end, 10);
    ret_process->pid = pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
    ret_process->started = strtoull(end, NULL, 10);
    return ret_process->pid > 0;
}

static bool runs(const struct hufu_process *written)
{
    struct hufu_process now;
    return hufu_process_look(written->pid, &now) && now.started == written->started &&
           hufu_process_is_ours(written->pid);
}

bool hufu_kit_runs(const char *folder)
{
    struct hufu_process process;
    return read_process(folder, &process) && runs(&process);
}

/* --- all of them --- */

/* Calls `found` with each kit below /tmp. */
static void each(void (*found)(void *context, const char *folder, bool running), void *context)
{
    struct hufu_process process;
    char folder[PATH_MAX];
    HUFU_AUTO(close_folder) DIR *base = opendir(BASE);
    for (struct dirent *entry; base && (entry = readdir(base));)
        if (strncmp(entry->d_name, PREFIX, sizeof PREFIX - 1) == 0 &&
            hufu_path_join(folder, BASE, entry->d_name) && read_process(folder, &process))
            found(context, folder, runs(&process));
}

struct sweep {
    const char *data;
    void (*removed)(const char *folder);
};

static void sweep_one(void *context, const char *folder, bool running)
{
    const struct sweep *sweep = context;
    if (!running && hufu_kit_remove(folder, sweep->data))
        sweep->removed(folder);
}

void hufu_kit_sweep(const char *data, void (*removed)(const char *folder))
{
    struct sweep sweep = {.data = data, .removed = removed};
    each(sweep_one, &sweep);
}

struct search {
    char *folder;
    size_t count;
};

static void find_one(void *context, const char *folder, bool running)
{
    struct search *search = context;
    if (running && search->count++ == 0)
        snprintf(search->folder, PATH_MAX, "%s", folder);
}

bool hufu_kit_find(char ret_folder[PATH_MAX])
{
    struct search search = {.folder = ret_folder};
    each(find_one, &search);
    return search.count == 1;
}

/* --- a new one --- */

static bool is_empty(const char *path)
{
    HUFU_AUTO(close_folder) DIR *folder = opendir(path);
    size_t count = 0;
    while (folder && readdir(folder))
        count++;
    return folder && count == 2; /* . and .. */
}

static enum hufu_status take_folder(const struct hufu_kit_order *order, struct hufu_kit *kit,
                                    struct hufu_error *err)
{
    struct hufu_process process;
    if (mkdir(order->folder, FOLDER_MODE) == 0)
        kit->made = true;
    else if (errno != EEXIST)
        return hufu_fail_from(err, HUFU_E_START, HUFU_ORIGIN_ERRNO, (unsigned long)errno,
                              "the folder cannot be made");
    if (!realpath(order->folder, kit->folder))
        return fail(err, "the folder cannot be made");
    if (!is_private(kit->folder))
        return fail(err, "the folder is open to others: chmod 700 it, or name another one");
    if (read_process(kit->folder, &process)) {
        if (runs(&process))
            return fail(err, "another kit runs in that folder");
        if (!hufu_kit_remove(kit->folder, order->data) ||
            (mkdir(kit->folder, FOLDER_MODE) && errno != EEXIST))
            return fail(err, "what a killed kit left in the folder cannot be removed");
        kit->made = true;
    }
    return is_empty(kit->folder) ? HUFU_OK : fail(err, "the folder is not empty");
}

static enum hufu_status make_folder(struct hufu_kit *kit, struct hufu_error *err)
{
    snprintf(kit->folder, sizeof kit->folder, "%s", BASE "/" PREFIX "XXXXXX");
    kit->made = mkdtemp(kit->folder) != NULL;
    return kit->made ? HUFU_OK : fail(err, "no folder can be made below " BASE);
}

enum hufu_status hufu_kit_make(const struct hufu_kit_order *order, struct hufu_kit *ret_kit,
                               struct hufu_error *err)
{
    struct hufu_kit kit = {.made = false};
    HUFU_TRY(order->folder ? take_folder(order, &kit, err) : make_folder(&kit, err));
    if (!write_process(kit.folder))
        return fail(err, "the folder cannot be written to");
    *ret_kit = kit;
    return HUFU_OK;
}
