/* Texts for people that are not errors: texts.def has a row for each. */
#ifndef HUFU_ERROR_TEXT_H
#define HUFU_ERROR_TEXT_H

#include "error/error.h"

enum hufu_text {
#define HUFU_TEXT(symbol, en, zh) HUFU_TEXT_##symbol,
#include "error/texts.def"
#undef HUFU_TEXT
    HUFU_TEXT_COUNT
};

const char *hufu_text(enum hufu_text text, enum hufu_language language);

#endif
