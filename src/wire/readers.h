/* What `hufu card --json --follow` says, a line at a time, and the part of it that a page gets. */
#ifndef HUFU_WIRE_READERS_H
#define HUFU_WIRE_READERS_H

#include "base/buf.h"
#include "error/error.h"

#include <stdbool.h>
#include <stddef.h>

/* As card/pcsc.h has them. */
#define HUFU_LINE_READERS_MAX     15
#define HUFU_LINE_READER_NAME_MAX (3 * 128) /* a byte that is not UTF-8 becomes three */

/* Fifteen names of which each byte is escaped. */
#define HUFU_LINE_MAX (16 * 1024)

struct hufu_line_reader {
    char name[HUFU_LINE_READER_NAME_MAX + 1]; /* UTF-8 */
    bool card;
    bool held; /* by another program, whichever */
    bool mute;
    bool answers;
};

struct hufu_line {
    char service[16]; /* one of those in hufu-card(1) */
    size_t count;
    struct hufu_line_reader readers[HUFU_LINE_READERS_MAX];
};

/* Takes a line without its end. HUFU_E_REQUEST for anything but an object of that form; members
 * that are not known are passed over. */
enum hufu_status hufu_line_parse(struct hufu_bytes text, struct hufu_line *ret_line,
                                 struct hufu_error *err);

bool hufu_line_equal(const struct hufu_line *one, const struct hufu_line *other);

/* Appends {"event":N,"service":"...","readers":[...]}: no ATR, and no name of a program. */
enum hufu_status hufu_line_write(const struct hufu_line *line, long long event,
                                 struct hufu_buf *ret_text, struct hufu_error *err);

#endif
