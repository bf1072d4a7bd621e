#include "cli/print.h"

#include "cli/cli.h"

#include <stdio.h>

/* Well-formed UTF-8, by first and second byte (Unicode 15, table 3-7). */
static const struct form {
    unsigned char first[2];
    unsigned char second[2];
    size_t len;
} forms[] = {
    {.first = {0x20, 0x7f}, .len = 1},
    {.first = {0xc2, 0xdf}, .second = {0x80, 0xbf}, .len = 2},
    {.first = {0xe0, 0xe0}, .second = {0xa0, 0xbf}, .len = 3},
    {.first = {0xe1, 0xec}, .second = {0x80, 0xbf}, .len = 3},
    {.first = {0xed, 0xed}, .second = {0x80, 0x9f}, .len = 3},
    {.first = {0xee, 0xef}, .second = {0x80, 0xbf}, .len = 3},
    {.first = {0xf0, 0xf0}, .second = {0x90, 0xbf}, .len = 4},
    {.first = {0xf1, 0xf3}, .second = {0x80, 0xbf}, .len = 4},
    {.first = {0xf4, 0xf4}, .second = {0x80, 0x8f}, .len = 4},
};

static bool is_within(char byte, const unsigned char range[2])
{
    return (unsigned char)byte >= range[0] && (unsigned char)byte <= range[1];
}

/* The bytes of the character that `text` starts with; 0 for a control character or no UTF-8. */
static size_t character_len(const char *text)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        static const unsigned char rest[] = {0x80, 0xbf};
        const struct form *form = &forms[i];
        if (!is_within(text[0], form->first))
            continue;
        size_t len = 1;
        while (len < form->len && is_within(text[len], len == 1 ? form->second : rest))
            len++;
        return len == form->len ? len : 0;
    }
    return 0;
}

void hufu_print_json(struct hufu_buf *buf, const char *text)
{
    if (!text) {
        hufu_buf_add_text(buf, "null");
        return;
    }
    hufu_buf_add_text(buf, "\"");
    while (*text) {
        size_t len = character_len(text);
        if (*text == '"' || *text == '\\')
            hufu_buf_printf(buf, "\\%c", *text);
        else if (len)
            hufu_buf_add(buf, text, len);
        else
            hufu_buf_printf(buf, "\\u%04x", (signed char)*text > 0 ? (unsigned)*text : 0xfffdu);
        text += len ? len : 1;
    }
    hufu_buf_add_text(buf, "\"");
}

/* DEL, and C1: U+0080 to U+009F. */
static bool is_late_control(const char *text)
{
    return *text == 0x7f || (*text == '\xc2' && (unsigned char)text[1] < 0xa0);
}

void hufu_print_plain(struct hufu_buf *buf, const char *text)
{
    while (*text) {
        size_t len = character_len(text);
        bool shown = len && !is_late_control(text);
        hufu_buf_add(buf, shown ? text : "?", shown ? len : 1);
        text += len ? len : 1;
    }
}

int hufu_print_failure(const struct hufu_error *err)
{
    enum hufu_language language = hufu_language_of_environment();
    fprintf(stderr, "hufu: %s (%d%s%s)\n%s\n", hufu_status_text(err->status, language),
            hufu_status_code(err->status), err->detail[0] ? ": " : "", err->detail,
            hufu_status_remedy(err->status, language));
    return HUFU_EXIT_FAILED;
}
