#include "card/content.h"

#include "base/cleanup.h"
#include "crypto/sha256.h"
#include "error/text.h"
#include "wire/utf8.h"

#include <stdio.h>
#include <string.h>

/* Vietnamese puts two marks on one letter; taller piles reach into the lines above. */
enum { MARKS_MAX = 2 };

/* Eight hex digits are read to somebody, or compared, at a glance. */
enum { GROUP = 8 };

enum { LINE_BREAK = 0x23CE, REPLACEMENT = 0xFFFD };

/* An Assuan line has 1000 bytes; of them, what is said about a text that is not shown whole. */
enum { DESCRIPTION_MAX = 1000, NOTES_MAX = 200 };

/* --- characters --- */

struct range {
    uint32_t first, last;
};

/* What is not seen, changes the direction of what is, is wider than many letters, or means
 * something else on each computer. */
static const struct range hidden[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},    {0x034F, 0x034F},
    {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},    {0x070F, 0x070F},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},    {0x200B, 0x200F},
    {0x202A, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},    {0xE000, 0xF8FF},
    {0xFDD0, 0xFDEF},   {0xFDFA, 0xFDFD},   {0xFE00, 0xFE0F},    {0xFEFF, 0xFEFF},
    {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},    {0x12000, 0x1254F},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
};

static const struct range spaces[] = {
    {0x0009, 0x0009}, {0x0020, 0x0020}, {0x00A0, 0x00A0}, {0x1680, 0x1680}, {0x2000, 0x200A},
    {0x202F, 0x202F}, {0x205F, 0x205F}, {0x2800, 0x2800}, {0x3000, 0x3000},
};

static const struct range breaks[] = {{0x000A, 0x000A}, {0x000D, 0x000D}, {0x2028, 0x2029}};

static const struct range marks[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x20D0, 0x20FF}, {0x302A, 0x302F}, {0x3099, 0x309A}, {0xFE20, 0xFE2F},
};

static bool within(uint32_t code, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}
#define IS(code, ranges) within((code), (ranges), sizeof(ranges) / sizeof((ranges)[0]))

size_t hufu_content_cost(struct hufu_bytes text)
{
    size_t cost = text.len;
    for (size_t i = 0; i < text.len; i++)
        cost += text.data[i] == '%' || text.data[i] < 0x20 ? 2 : 0;
    return cost;
}

/* --- a line --- */

/* What the last character was decides what a space or a mark becomes. */
struct line {
    struct hufu_buf *to;
    size_t room;
    struct hufu_content_shown shown;
    size_t column;
    uint32_t last;
    unsigned mark_count;
};

/* Appends all of it, or nothing and then nothing more. */
static void append(struct line *line, struct hufu_bytes bytes)
{
    size_t cost = hufu_content_cost(bytes);
    line->shown.cut |= cost > line->room;
    if (line->shown.cut)
        return;
    line->room -= cost;
    hufu_buf_add(line->to, bytes.data, bytes.len);
}

static void put(struct line *line, uint32_t code)
{
    static const char new_line[] = "\n\xE3\x80\x80";
    uint8_t bytes[sizeof new_line + 4];
    size_t len = 0;
    size_t columns = code < 0x1100 ? 1 : 2; /* Hangul, and from there on mostly wide ones */
    if (line->column + columns > HUFU_CONTENT_COLUMNS && !IS(code, marks)) {
        len = sizeof new_line - 1;
        memcpy(bytes, new_line, len);
        line->column = 0;
    }
    line->column += columns;
    append(line, hufu_bytes_of(bytes, len + hufu_utf8_encode(code, bytes + len)));
}

/* What stands for a character; 0 when nothing does. */
static uint32_t shown_as(struct line *line, uint32_t code)
{
    line->mark_count = IS(code, marks) ? line->mark_count + 1 : 0;
    if (IS(code, spaces))
        return line->last == ' ' ? 0 : ' ';
    if (IS(code, breaks))
        return code == '\n' && line->last == '\r' ? 0 : LINE_BREAK;
    if (IS(code, hidden) || (code & 0xFFFE) == 0xFFFE || line->mark_count > MARKS_MAX)
        return REPLACEMENT;
    return code == 0x300C ? 0x300E : code == 0x300D ? 0x300F : code;
}

struct hufu_content_shown hufu_content_clean(struct hufu_bytes text, size_t room,
                                             struct hufu_buf *ret_line)
{
    struct line line = {.to = ret_line, .room = room};
    while (text.len > 0) {
        uint32_t code = 0;
        size_t len = hufu_utf8_decode(text, &code);
        uint32_t stands = len ? shown_as(&line, code) : REPLACEMENT;
        line.shown.replaced |= stands == REPLACEMENT && code != REPLACEMENT;
        line.shown.characters++;
        line.last = IS(code, spaces) && len ? ' ' : code;
        if (stands)
            put(&line, stands);
        len = len ? len : 1;
        text = hufu_bytes_of(text.data + len, text.len - len);
    }
    return line.shown;
}

/* --- what kind of thing it is --- */

static bool is_text(struct hufu_bytes bytes)
{
    while (bytes.len > 0) {
        uint32_t code = 0;
        size_t len = hufu_utf8_decode(bytes, &code);
        if (len == 0 || code == 0x7F || (code < 0x20 && !strchr("\t\n\r", (int)code)) || code == 0)
            return false;
        bytes = hufu_bytes_of(bytes.data + len, bytes.len - len);
    }
    return true;
}

/* DigestInfo of RFC 8017, 9.2: the hash of something, with its algorithm. */
static bool is_digest_info(struct hufu_bytes bytes)
{
    enum { LEAST = 19, MOST = 90 };
    const uint8_t *data = bytes.data;
    return bytes.len >= LEAST && bytes.len <= MOST && data[0] == 0x30 && data[1] == bytes.len - 2 &&
           data[2] == 0x30 && data[4] == 0x06 && data[3] + 6u < bytes.len &&
           data[4 + data[3]] == 0x04 && data[5 + data[3]] == bytes.len - 6u - data[3];
}

/* What TLS has a client sign: MD5 and SHA-1 side by side up to 1.1, and in 1.3 (RFC 8446, 4.4.3) 64
 * spaces and a label. A page that gets it signed is that client somewhere else. */
static bool is_of_tls(struct hufu_bytes bytes)
{
    enum { MD5_SHA1 = 36, SPACES = 64 };
    static const char label[] = "TLS 1.3, ";
    if (bytes.len == MD5_SHA1)
        return true;
    for (size_t i = 0; i < SPACES && i < bytes.len; i++)
        if (bytes.data[i] != ' ')
            return false;
    return bytes.len > SPACES + sizeof label &&
           memcmp(bytes.data + SPACES, label, sizeof label - 1) == 0;
}

static enum hufu_text kind_of(const struct hufu_content *content)
{
    if (content->is_cipher)
        return HUFU_TEXT_CONTENT_CIPHER;
    if (content->is_hash)
        return HUFU_TEXT_CONTENT_HASH;
    if (content->text || is_text(content->bytes))
        return HUFU_TEXT_CONTENT_TEXT;
    return HUFU_TEXT_CONTENT_BINARY;
}

/* Text is what people write; neither of the two can be one. */
static bool is_unusual(const struct hufu_content *content, enum hufu_text kind)
{
    return kind == HUFU_TEXT_CONTENT_BINARY &&
           (is_of_tls(content->bytes) || is_digest_info(content->bytes));
}

/* --- the description --- */

static void add_number(struct hufu_buf *buf, enum hufu_text text, enum hufu_language language,
                       size_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", number);
    hufu_text_add_line(buf, text, language, digits);
}

static void add_groups(struct hufu_buf *buf, enum hufu_text text, enum hufu_language language,
                       const char *hex)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf groups = {.max = DESCRIPTION_MAX};
    for (size_t i = 0; hex[i]; i++) {
        if (i > 0 && i % GROUP == 0)
            hufu_buf_add_u8(&groups, ' ');
        hufu_buf_add_u8(&groups, (uint8_t)hex[i]);
    }
    HUFU_AUTO(hufu_buf_done) struct hufu_buf lines = {.max = DESCRIPTION_MAX};
    hufu_content_clean(hufu_buf_bytes(&groups), DESCRIPTION_MAX, &lines);
    hufu_text_add_line(buf, text, language, hufu_buf_text(&lines));
}

/* A hash is shown as it is: it may be what the website shows. */
static void add_digest(const struct hufu_content *content, enum hufu_language language,
                       struct hufu_buf *buf)
{
    char digest[HUFU_SHA256_SIZE] = "";
    HUFU_AUTO(hufu_buf_done) struct hufu_buf hash = {.max = DESCRIPTION_MAX};
    if (content->is_hash) {
        hufu_buf_add_hex(&hash, content->bytes.data, content->bytes.len);
        add_groups(buf, HUFU_TEXT_CONTENT_VALUE, language, hufu_buf_text(&hash));
    } else if (hufu_sha256(content->bytes, digest)) {
        add_groups(buf, HUFU_TEXT_CONTENT_DIGEST, language, digest);
    }
}

static void add_quotation(struct hufu_bytes text, enum hufu_language language, size_t room,
                          struct hufu_buf *ret_text)
{
    enum { AROUND = sizeof "%0A\xE3\x80\x8C\xE3\x80\x8D" - 1 + NOTES_MAX };
    HUFU_AUTO(hufu_buf_done) struct hufu_buf quotation = {.max = DESCRIPTION_MAX};
    struct hufu_content_shown shown =
        hufu_content_clean(text, room > AROUND ? room - AROUND : 0, &quotation);
    if (shown.cut)
        add_number(ret_text, HUFU_TEXT_CONTENT_CUT, language, shown.characters);
    if (shown.replaced)
        hufu_text_add_line(ret_text, HUFU_TEXT_CONTENT_REPLACED, language, NULL);
    hufu_buf_printf(ret_text, "\n「%s」", hufu_buf_text(&quotation));
}

void hufu_content_describe(const struct hufu_content *content, enum hufu_language language,
                           size_t room, struct hufu_buf *ret_text)
{
    enum hufu_text kind = kind_of(content);
    size_t before = hufu_content_cost(hufu_buf_bytes(ret_text));
    add_number(ret_text, kind, language, content->bytes.len);
    add_digest(content, language, ret_text);
    if (is_unusual(content, kind))
        hufu_text_add_line(ret_text, HUFU_TEXT_CONTENT_UNUSUAL, language, NULL);
    size_t used = hufu_content_cost(hufu_buf_bytes(ret_text)) - before;
    struct hufu_bytes text =
        content->text ? hufu_bytes_of(content->text, strlen(content->text)) : content->bytes;
    if (kind == HUFU_TEXT_CONTENT_TEXT)
        add_quotation(text, language, room > used ? room - used : 0, ret_text);
}
