#include "base/cleanup.h"
#include "wire/origin.h"

#include <idn2.h>
#include <string.h>

/* What a person reads in one look. Of a longer origin the scheme and the first letters stay, and
 * the end: who a site belongs to stands there. */
enum { SHOWN_MAX = 64, HEAD_SHOWN = 15, TAIL_SHOWN = SHOWN_MAX - HEAD_SHOWN - 1 };

/* Not seen, seen as nothing, or able to reorder what stands around them: controls, formats,
 * fillers, variation selectors, blanks, and the scripts that run from right to left. */
static const struct range {
    uint32_t first;
    uint32_t last;
} hidden[] = {
    {0x0000, 0x0020},   {0x007f, 0x00a0},   {0x00ad, 0x00ad},   {0x034f, 0x034f},
    {0x0590, 0x08ff},   {0x115f, 0x1160},   {0x1680, 0x1680},   {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},
    {0x3000, 0x3000},   {0x3164, 0x3164},   {0xd800, 0xf8ff},   {0xfb1d, 0xfdff},
    {0xfe00, 0xfe0f},   {0xfe70, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xffff},
    {0x10800, 0x10fff}, {0x1d173, 0x1d17a}, {0x1e800, 0x1efff}, {0xe0000, 0x10ffff},
};

/* The character at `*at`, which goes on behind it. libidn2 writes well-formed UTF-8. */
static uint32_t next_character(const char **at)
{
    const unsigned char *byte = (const unsigned char *)*at;
    size_t len = *byte < 0x80 ? 1 : *byte < 0xe0 ? 2 : *byte < 0xf0 ? 3 : 4;
    uint32_t character = len == 1 ? *byte : *byte & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        character = character << 6 | (byte[i] & 0x3f);
    *at += len;
    return character;
}

static bool is_hidden(uint32_t character)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (character >= hidden[i].first && character <= hidden[i].last)
            return true;
    return false;
}

/* Whether every character shows; `ret_count` of them. */
static bool shows(const char *text, size_t *ret_count)
{
    for (*ret_count = 0; *text; ++*ret_count)
        if (is_hidden(next_character(&text)))
            return false;
    return true;
}

static const char *skip(const char *text, size_t count)
{
    while (count--)
        (void)next_character(&text);
    return text;
}

static void add_elided(struct hufu_buf *buf, const char *text, size_t count)
{
    if (count <= SHOWN_MAX) {
        hufu_buf_add_text(buf, text);
        return;
    }
    hufu_buf_add(buf, text, (size_t)(skip(text, HEAD_SHOWN) - text));
    hufu_buf_add_text(buf, "…");
    hufu_buf_add_text(buf, skip(text, count - TAIL_SHOWN));
}

static bool is_punycode(const char *host)
{
    return strncmp(host, "xn--", 4) == 0 || strstr(host, ".xn--");
}

/* libidn2 decodes more than it would encode; only what leads back to the same host is its name. */
static bool leads_back(const char *unicode, const char *host)
{
    HUFU_AUTO(hufu_free) uint8_t *again = NULL;
    int problem = idn2_lookup_u8((const uint8_t *)unicode, &again, IDN2_NO_TR46);
    return problem == IDN2_OK && strcmp((const char *)again, host) == 0;
}

static void add_unicode(struct hufu_buf *buf, const char *host)
{
    HUFU_AUTO(hufu_free) char *unicode = NULL;
    size_t count = 0;
    if (idn2_to_unicode_8z8z(host, &unicode, 0) != IDN2_OK || strcmp(unicode, host) == 0 ||
        !leads_back(unicode, host) || !shows(unicode, &count))
        return;
    hufu_buf_add_text(buf, " (");
    add_elided(buf, unicode, count);
    hufu_buf_add_text(buf, ")");
}

void hufu_origin_display(const char *origin, struct hufu_buf *ret_text)
{
    char host[HUFU_ORIGIN_MAX + 1];
    if (!hufu_origin_valid(origin))
        return;
    add_elided(ret_text, origin, strlen(origin));
    const char *start = strstr(origin, "://") + 3;
    size_t len = strcspn(start, ":");
    memcpy(host, start, len);
    host[len] = 0;
    if (is_punycode(host))
        add_unicode(ret_text, host);
}
