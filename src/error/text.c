#include "error/text.h"

static const char *const rows[HUFU_TEXT_COUNT][2] = {
#define HUFU_TEXT(symbol, en, zh)                                                                  \
    [HUFU_TEXT_##symbol] = {[HUFU_LANGUAGE_EN] = (en), [HUFU_LANGUAGE_ZH_TW] = (zh)},
#include "error/texts.def"
#undef HUFU_TEXT
};

const char *hufu_text(enum hufu_text text, enum hufu_language language)
{
    return rows[text][language];
}
