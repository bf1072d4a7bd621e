/* Texts for people that are not errors: texts.def has a row for each. */
#ifndef HUFU_ERROR_TEXT_H
#define HUFU_ERROR_TEXT_H

#include "base/buf.h"
#include "error/error.h"

enum hufu_text {
#define HUFU_TEXT(symbol, en, zh) HUFU_TEXT_##symbol,
#include "error/texts.def"
#undef HUFU_TEXT
    HUFU_TEXT_COUNT
};

const char *hufu_text(enum hufu_text text, enum hufu_language language);

/* Appends it as a line of its own, `value` in the place of its %s. */
void hufu_text_add_line(struct hufu_buf *buf, enum hufu_text text, enum hufu_language language,
                        const char *value);

#endif
