/* Text from outside (a path may hold any byte) on its way to a person or a program. */
#ifndef HUFU_CLI_PRINT_H
#define HUFU_CLI_PRINT_H

#include "base/buf.h"
#include "error/error.h"

/* Appends a JSON string (RFC 8259) or null for NULL; bytes that are not UTF-8 become U+FFFD. */
void hufu_print_json(struct hufu_buf *buf, const char *text);

/* Appends the text without control characters, which could drive the reader's terminal. */
void hufu_print_plain(struct hufu_buf *buf, const char *text);

/* Says on standard error what happened and the one next step; returns HUFU_EXIT_FAILED. */
int hufu_print_failure(const struct hufu_error *err);

#endif
