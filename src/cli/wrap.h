/* Sentences in lines that a terminal of 80 columns shows whole. */
#ifndef HUFU_CLI_WRAP_H
#define HUFU_CLI_WRAP_H

#include "base/buf.h"

#define HUFU_WRAP_COLUMNS 78

/* Appends `text`, UTF-8 of our own, and a line end. The first line begins in column `indent`, where
 * the caller has come to already; the others are indented to it. Chinese characters take two
 * columns; a line ends at a space or beside one of them, and none begins with a closing mark. */
void hufu_wrap(struct hufu_buf *buf, const char *text, size_t indent);

#endif
