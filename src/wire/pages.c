#include "wire/pages.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char file_name[] = "pages";
static const char lock_name[] = "pages.lock";

enum {
    FILE_MAX = 1024, /* a row has at most 36 bytes */
    FOLDER_MODE = 0700,
    FILE_MODE = 0600,
};

static bool find(const char *name, char ret_path[PATH_MAX])
{
    char folder[PATH_MAX];
    return hufu_path_state(folder) && hufu_path_join(ret_path, folder, name);
}

/* --- reading --- */

/* Digits and one blank in between, as it was written; the widths keep each number in its type. */
static bool read_row(const char *line, struct hufu_page *ret_page)
{
    unsigned port = 0;
    int pid = 0;
    uint64_t started = 0;
    int len = 0;
    if (strspn(line, "0123456789 ") != strlen(line) || line[0] == ' ' || strstr(line, "  ") ||
        sscanf(line, "%5u %9d %19" SCNu64 "%n", &port, &pid, &started, &len) != 3 || line[len] ||
        port == 0 || port > UINT16_MAX || pid == 0)
        return false;
    *ret_page = (struct hufu_page){.port = (uint16_t)port, .pid = pid, .started = started};
    return true;
}

void hufu_pages_read(struct hufu_pages *ret_pages)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    ret_pages->count = 0;
    if (!find(file_name, path) || hufu_file_read(path, &text))
        return;
    char *line = (char *)text.data;
    for (char *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        if (read_row(line, &ret_pages->items[ret_pages->count]) &&
            ++ret_pages->count == HUFU_PAGES_MAX)
            return;
    }
}

/* --- changing --- */

static bool is_alive(const struct hufu_page *page)
{
    struct hufu_process process;
    return hufu_process_look(page->pid, &process) && process.started == page->started;
}

/* Two that begin at once would lose a row; the file itself is replaced, so the lock is another. */
static int lock(void)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (!hufu_path_state(folder) || !find(lock_name, path) || hufu_folder_make(folder, FOLDER_MODE))
        return -1;
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    int locked = -1;
    if (fd >= 0 && flock(fd, LOCK_EX) == 0) {
        locked = fd;
        fd = -1;
    }
    return locked;
}

/* The rows of living processes but that of `page`; the oldest makes room for one too many. */
static void keep_living(struct hufu_pages *pages, const struct hufu_page *page)
{
    size_t kept = 0;
    for (size_t i = 0; i < pages->count; i++)
        if (pages->items[i].pid != page->pid && is_alive(&pages->items[i]))
            pages->items[kept++] = pages->items[i];
    pages->count = kept;
    if (kept == HUFU_PAGES_MAX)
        memmove(&pages->items[0], &pages->items[1], --pages->count * sizeof pages->items[0]);
}

static int write_rows(const struct hufu_pages *pages)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_MAX};
    for (size_t i = 0; i < pages->count; i++)
        hufu_buf_printf(&text, "%u %d %" PRIu64 "\n", (unsigned)pages->items[i].port,
                        pages->items[i].pid, pages->items[i].started);
    if (text.failed || !find(file_name, path))
        return ENAMETOOLONG;
    return hufu_file_write(path, FILE_MODE, hufu_buf_bytes(&text));
}

static int change(const struct hufu_page *page, bool add)
{
    struct hufu_pages pages;
    errno = 0;
    HUFU_AUTO(hufu_close) int locked = lock();
    if (locked < 0)
        return errno ? errno : ENAMETOOLONG;
    hufu_pages_read(&pages);
    keep_living(&pages, page);
    if (add)
        pages.items[pages.count++] = *page;
    return write_rows(&pages);
}

int hufu_pages_add(const struct hufu_page *page)
{
    return change(page, true);
}

int hufu_pages_remove(const struct hufu_page *page)
{
    return change(page, false);
}
