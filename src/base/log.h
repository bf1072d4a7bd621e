/* One event, one line on standard error: "<program>: <text>". systemd puts it into the journal.
 * Callers never pass arguments of a call, PINs, names or numbers from a certificate. */
#ifndef HUFU_BASE_LOG_H
#define HUFU_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* `program` is borrowed for the life of the process. */
void hufu_log_init(const char *program);
void hufu_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on this process and all that it starts write into this file, at its end. When it has
 * grown beyond `max` bytes, this process moves what is in it to PATH.1, in place of what was there.
 * 0 or an errno value; where it was written to before stays then. */
int hufu_log_into(const char *path, size_t max);

/* The same for steps that only matter when something is looked for; says nothing until it is
 * switched on ([log] debug in hufu.ini). The same rule holds for what is passed. */
void hufu_log_debugging(bool on);
void hufu_log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
