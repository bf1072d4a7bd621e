#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* A longer line is cut: the reader of a log is better served than by a second line. */
enum { LINE_MAX_BYTES = 1024 };

static const char *log_program = "hufu";
static bool debugging;

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
