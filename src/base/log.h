/* One event, one line on standard error: "<program>: <text>". systemd puts it into the journal.
 * Callers never pass arguments of a call, PINs, names or numbers from a certificate. */
#ifndef HUFU_BASE_LOG_H
#define HUFU_BASE_LOG_H

#include <stdbool.h>

/* `program` is borrowed for the life of the process. */
void hufu_log_init(const char *program);
void hufu_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for steps that only matter when something is looked for; says nothing until it is
 * switched on ([log] debug in hufu.ini). The same rule holds for what is passed. */
void hufu_log_debugging(bool on);
void hufu_log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
