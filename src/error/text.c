#include "error/text.h"

#include <string.h>

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

void hufu_text_add_line(struct hufu_buf *buf, enum hufu_text text, enum hufu_language language,
                        const char *value)
{
    const char *pattern = hufu_text(text, language);
    const char *hole = strstr(pattern, "%s");
    size_t head = hole ? (size_t)(hole - pattern) : strlen(pattern);
    if (buf->len)
        hufu_buf_add_u8(buf, '\n');
    hufu_buf_add(buf, pattern, head);
    if (hole) {
        hufu_buf_add_text(buf, value);
        hufu_buf_add_text(buf, hole + 2);
    }
}
