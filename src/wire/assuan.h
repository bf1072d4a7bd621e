/* Lines of the Assuan protocol, which pinentry speaks. */
#ifndef HUFU_WIRE_ASSUAN_H
#define HUFU_WIRE_ASSUAN_H

#include "base/buf.h"

/* What the protocol allows for a line, its end included. */
#define HUFU_ASSUAN_LINE_MAX 1000

/* Appends a command and its end of line to `ret_line`, which has room for one: `%` and line breaks
 * in `text` are escaped, other control characters left out. Too long a text is cut between two
 * characters. NULL for a command without a text. */
void hufu_assuan_line(struct hufu_buf *ret_line, const char *verb, const char *text);

#endif
