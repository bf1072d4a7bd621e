/* One event, one line on standard error: "<program>: <text>". systemd puts it into the journal.
 * Callers never pass arguments of a call, PINs, names or numbers from a certificate. */
#ifndef HUFU_BASE_LOG_H
#define HUFU_BASE_LOG_H

/* `program` is borrowed for the life of the process. */
void hufu_log_init(const char *program);
void hufu_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
