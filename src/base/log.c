#include "base/log.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A longer line is cut: the reader of a log is better served than by a second line. */
enum { LINE_MAX_BYTES = 1024 };

static const char *log_program = "hufu";
static bool debugging;

static struct {
    char path[PATH_MAX];
    size_t max; /* 0 without a file */
} log_file;

void hufu_log_init(const char *program)
{
    log_program = program;
}

/* Control characters could forge a second line or drive the reader's terminal. */
static void neutralise(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
}

int hufu_log_into(const char *path, size_t max)
{
    enum { MODE = 0600 };
    HUFU_AUTO(hufu_close)
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, MODE);
    if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
        return errno;
    log_file.max = max;
    return snprintf(log_file.path, PATH_MAX, "%s", path) < PATH_MAX ? 0 : ENAMETOOLONG;
}

/* The others go on writing into the same file, so it is emptied and not replaced. */
static void limit_file(void)
{
    struct stat info;
    char old[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2 * log_file.max};
    if (!log_file.max || fstat(STDERR_FILENO, &info) || (size_t)info.st_size <= log_file.max)
        return;
    if (snprintf(old, sizeof old, "%s.1", log_file.path) < PATH_MAX &&
        hufu_file_read(log_file.path, &text) == 0)
        (void)hufu_file_write(old, info.st_mode & ACCESSPERMS, hufu_buf_bytes(&text));
    if (ftruncate(STDERR_FILENO, 0))
        log_file.max = 0; /* once is enough */
}

__attribute__((format(printf, 1, 0))) static void put(const char *format, va_list list)
{
    char line[LINE_MAX_BYTES];
    int head = snprintf(line, sizeof line - 1, "%s: ", log_program);
    size_t used = head < 0 ? 0 : (size_t)head;
    int body = vsnprintf(line + used, sizeof line - used - 1, format, list);
    used += body < 0 ? 0 : (size_t)body;
    if (used > sizeof line - 2)
        used = sizeof line - 2;
    neutralise(line, used);
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0)
        return; /* nowhere left to say it */
    limit_file();
}

void hufu_log(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put(format, list);
    va_end(list);
}

void hufu_log_debugging(bool on)
{
    debugging = on;
}

void hufu_log_debug(const char *format, ...)
{
    va_list list;
    if (!debugging)
        return;
    va_start(list, format);
    put(format, list);
    va_end(list);
}
