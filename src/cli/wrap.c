#include "cli/wrap.h"

#include <stdbool.h>
#include <string.h>

static size_t character_len(const char *at)
{
    unsigned char lead = (unsigned char)*at;
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* From U+3000 on: Chinese characters and their marks. */
static bool is_wide(const char *at)
{
    return (unsigned char)*at >= 0xe3;
}

static bool is_one_of(const char *at, const char *const *marks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(at, marks[i], strlen(marks[i])) == 0)
            return true;
    return false;
}

static bool is_opening(const char *at)
{
    static const char *const marks[] = {"（", "「", "『"};
    return is_one_of(at, marks, sizeof marks / sizeof marks[0]);
}

static bool is_closing(const char *at)
{
    static const char *const marks[] = {"。", "，", "；", "：", "、", "！", "？", "）", "」", "』"};
    return is_one_of(at, marks, sizeof marks / sizeof marks[0]);
}

/* What stays on one line: a word or one Chinese character, with the marks that belong to it. */
static size_t unit_len(const char *text)
{
    const char *at = text;
    while (is_opening(at))
        at += character_len(at);
    if (is_wide(at) && !is_closing(at))
        at += character_len(at);
    else
        while (*at && *at != ' ' && !is_wide(at))
            at += character_len(at);
    while (is_closing(at))
        at += character_len(at);
    return (size_t)(at - text);
}

static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (const char *at = text; at < text + len; at += character_len(at))
        columns += is_wide(at) ? 2 : 1;
    return columns;
}

void hufu_wrap(struct hufu_buf *buf, const char *text, size_t indent)
{
    size_t column = indent;
    while (*text) {
        size_t space = strspn(text, " ");
        text += space;
        size_t len = unit_len(text);
        size_t width = columns_of(text, len);
        if (column > indent && column + (space ? 1 : 0) + width > HUFU_WRAP_COLUMNS) {
            hufu_buf_printf(buf, "\n%*s", (int)indent, "");
            column = indent;
        } else if (space && column > indent) {
            hufu_buf_add_text(buf, " ");
            column++;
        }
        hufu_buf_add(buf, text, len);
        column += width;
        text += len;
    }
    hufu_buf_add_text(buf, "\n");
}
