#include "sites/uselog.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "wire/scope.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Time, the longest use, an origin, a code. */
enum { LINE_BYTES_MAX = HUFU_USE_TIME_BYTES + 16 + HUFU_ORIGIN_MAX + 16 };

/* Public numbers have four or five digits. */
enum { CODE_MAX = 99999 };

static const char *const names[HUFU_USE_COUNT] = {
    [HUFU_USE_SEE] = "see",         [HUFU_USE_READ] = "read", [HUFU_USE_SIGN] = "sign",
    [HUFU_USE_DECRYPT] = "decrypt", [HUFU_USE_PIN] = "pin",   [HUFU_USE_CONSENT] = "consent",
    [HUFU_USE_TLS] = "tls",
};

const char *hufu_use_name(enum hufu_use use)
{
    return names[use];
}

enum hufu_use hufu_use_of_scopes(unsigned scopes)
{
    static const struct {
        unsigned scope;
        enum hufu_use use;
    } gravest_first[] = {
        {HUFU_SCOPE_DECRYPT, HUFU_USE_DECRYPT}, {HUFU_SCOPE_SIGN, HUFU_USE_SIGN},
        {HUFU_SCOPE_PIN, HUFU_USE_PIN},         {HUFU_SCOPE_READ, HUFU_USE_READ},
        {HUFU_SCOPE_SEE, HUFU_USE_SEE},
    };
    for (size_t i = 0; i < sizeof gravest_first / sizeof gravest_first[0]; i++)
        if (scopes & gravest_first[i].scope)
            return gravest_first[i].use;
    return HUFU_USE_COUNT;
}

/* --- writing --- */

struct hufu_uselog {
    int fd; /* -1 while the file cannot be opened */
    bool complained;
};

static bool file_path(char ret_path[PATH_MAX], const char *name)
{
    char folder[PATH_MAX];
    return hufu_path_state(folder) && hufu_path_join(ret_path, folder, name);
}

static void complain(struct hufu_uselog *log, int problem)
{
    if (!log->complained)
        hufu_log("the use log cannot be written: %s", strerror(problem));
    log->complained = true;
}

static int open_file(void)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    errno = ENAMETOOLONG;
    if (!hufu_path_state(folder) || !hufu_path_join(path, folder, "use.log"))
        return -1;
    errno = hufu_folder_make(folder, 0700);
    if (errno)
        return -1;
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

/* One old file is kept. */
static void rotate(size_t more)
{
    char now[PATH_MAX];
    char old[PATH_MAX];
    struct stat info;
    if (file_path(now, "use.log") && file_path(old, "use.log.1") && stat(now, &info) == 0 &&
        info.st_size + (off_t)more > HUFU_USELOG_BYTES_MAX && rename(now, old))
        unlink(now); /* better a hole than a file that grows */
}

static void reopen(struct hufu_uselog *log, size_t more)
{
    hufu_close(&log->fd);
    rotate(more);
    log->fd = open_file();
    if (log->fd < 0)
        complain(log, errno);
}

/* Not when it is full, and not when its owner removed it. */
static bool takes(const struct hufu_uselog *log, size_t more, off_t *ret_size)
{
    struct stat info;
    if (log->fd < 0 || fstat(log->fd, &info) || info.st_nlink == 0 ||
        info.st_size + (off_t)more > HUFU_USELOG_BYTES_MAX)
        return false;
    *ret_size = info.st_size;
    return true;
}

struct hufu_uselog *hufu_uselog_new(void)
{
    struct hufu_uselog *log = malloc(sizeof *log);
    if (!log)
        return NULL;
    *log = (struct hufu_uselog){.fd = -1};
    tzset(); /* reads a file that a confined process may not */
    reopen(log, 0);
    return log;
}

void hufu_uselog_free(struct hufu_uselog *log)
{
    if (log)
        hufu_close(&log->fd);
    free(log);
}

/* "+0800" of strftime, as ISO 8601 has it beside a time with colons. */
static void format_time(char ret_time[HUFU_USE_TIME_BYTES])
{
    time_t now = time(NULL);
    struct tm parts;
    char zone[sizeof "+0800"] = "+0000";
    size_t len = 0;
    if (localtime_r(&now, &parts)) {
        len = strftime(ret_time, HUFU_USE_TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &parts);
        strftime(zone, sizeof zone, "%z", &parts);
    }
    snprintf(ret_time + len, HUFU_USE_TIME_BYTES - len, "%.3s:%.2s", zone, zone + 3);
}

/* What could not be written whole is taken back. */
static void append(struct hufu_uselog *log, const char *line, size_t len, off_t size)
{
    ssize_t written = write(log->fd, line, len);
    if (written == (ssize_t)len) {
        log->complained = false;
        return;
    }
    complain(log, written < 0 ? errno : ENOSPC);
    if (written > 0 && ftruncate(log->fd, size))
        hufu_log("the use log has half a line");
}

void hufu_uselog_add(struct hufu_uselog *log, enum hufu_use use, const char *origin, int code)
{
    char stamp[HUFU_USE_TIME_BYTES];
    char line[LINE_BYTES_MAX];
    off_t size = 0;
    if (!log || use >= HUFU_USE_COUNT)
        return;
    format_time(stamp);
    int printed = snprintf(line, sizeof line, "%s %s %s %d\n", stamp, names[use],
                           origin && origin[0] ? origin : "-", code);
    size_t len = printed > 0 && printed < LINE_BYTES_MAX ? (size_t)printed : 0;
    if (!takes(log, len, &size))
        reopen(log, len);
    if (takes(log, len, &size))
        append(log, line, len, size);
}

/* --- reading --- */

static bool is_time(const char *text, size_t len)
{
    static const char form[] = "0000-00-00T00:00:00+00:00";
    if (len != sizeof form - 1)
        return false;
    for (size_t i = 0; i < len; i++)
        if (form[i] == '0'   ? !isdigit((unsigned char)text[i])
            : form[i] == '+' ? text[i] != '+' && text[i] != '-'
                             : text[i] != form[i])
            return false;
    return true;
}

/* Takes the word up to the next space off `*line`. */
static bool take_word(const char **line, char *ret_word, size_t size)
{
    size_t len = strcspn(*line, " ");
    if (len == 0 || len >= size || (*line)[len] != ' ')
        return false;
    memcpy(ret_word, *line, len);
    ret_word[len] = 0;
    *line += len + 1;
    return true;
}

static bool read_code(const char *text, int *ret_code)
{
    char *end = NULL;
    long code = isdigit((unsigned char)text[0]) ? strtol(text, &end, 10) : -1;
    if (code < 0 || code > CODE_MAX || *end)
        return false;
    *ret_code = (int)code;
    return true;
}

static enum hufu_use use_named(const char *name)
{
    size_t use = 0;
    while (use < HUFU_USE_COUNT && strcmp(names[use], name) != 0)
        use++;
    return (enum hufu_use)use;
}

bool hufu_uselog_parse(const char *line, struct hufu_use_event *ret_event)
{
    struct hufu_use_event event = {0};
    char use[16];
    if (!take_word(&line, event.time, sizeof event.time) ||
        !is_time(event.time, strlen(event.time)) || !take_word(&line, use, sizeof use) ||
        !take_word(&line, event.origin, sizeof event.origin) || !read_code(line, &event.code))
        return false;
    event.use = use_named(use);
    if (strcmp(event.origin, "-") == 0)
        event.origin[0] = 0;
    if (event.use == HUFU_USE_COUNT || (event.origin[0] && !hufu_origin_valid(event.origin)))
        return false;
    *ret_event = event;
    return true;
}

static void read_lines(const struct hufu_buf *text, hufu_uselog_each *each, void *context)
{
    const char *at = hufu_buf_text(text);
    const char *end = at + text->len;
    for (const char *stop; at < end && (stop = memchr(at, '\n', (size_t)(end - at)));
         at = stop + 1) {
        char line[LINE_BYTES_MAX];
        struct hufu_use_event event;
        size_t len = (size_t)(stop - at);
        if (len >= sizeof line || memchr(at, 0, len))
            continue;
        memcpy(line, at, len);
        line[len] = 0;
        if (hufu_uselog_parse(line, &event))
            each(context, &event);
    }
}

enum hufu_status hufu_uselog_read(hufu_uselog_each *each, void *context, struct hufu_error *err)
{
    static const char *const files[] = {"use.log.1", "use.log"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_USELOG_BYTES_MAX};
        char path[PATH_MAX];
        int problem = file_path(path, files[i]) ? hufu_file_read(path, &text) : ENAMETOOLONG;
        if (problem && problem != ENOENT)
            return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO, (unsigned long)problem,
                                  files[i]);
        read_lines(&text, each, context);
    }
    return HUFU_OK;
}
