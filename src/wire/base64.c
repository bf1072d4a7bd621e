#include "wire/base64.h"

#include "base/cleanup.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Three bytes become four characters. */
static void encode_group(const uint8_t *data, uint8_t *out)
{
    uint32_t group = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
    out[0] = (uint8_t)alphabet[group >> 18];
    out[1] = (uint8_t)alphabet[group >> 12 & 63];
    out[2] = (uint8_t)alphabet[group >> 6 & 63];
    out[3] = (uint8_t)alphabet[group & 63];
}

void hufu_base64_encode(struct hufu_bytes data, struct hufu_buf *ret_text)
{
    uint8_t *out = hufu_buf_extend(ret_text, (data.len + 2) / 3 * 4);
    if (!out)
        return;
    size_t left = data.len;
    for (const uint8_t *at = data.data; left >= 3; at += 3, left -= 3, out += 4)
        encode_group(at, out);
    if (left == 0)
        return;
    const uint8_t last[3] = {data.data[data.len - left], left > 1 ? data.data[data.len - 1] : 0};
    encode_group(last, out);
    out[3] = '=';
    if (left == 1)
        out[2] = '=';
}

/* The values of '+' to 'z'; -1 for a character outside the alphabet. A table, because branches on
   the class of a character are mispredicted: decoding took five times as long. */
static const int8_t values[] = {62, -1, -1, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1,
                                -1, -1, -1, -1, -1, -1, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
                                10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                                -1, -1, -1, -1, -1, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
                                36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51};

static int value_of(uint8_t c)
{
    return c >= '+' && c <= 'z' ? values[c - '+'] : -1;
}

/* The 24 bits of four characters; negative when one of them is outside the alphabet. */
static int decode_group(const uint8_t *text)
{
    int a = value_of(text[0]), b = value_of(text[1]), c = value_of(text[2]), d = value_of(text[3]);
    return (a | b | c | d) < 0 ? -1 : a << 18 | b << 12 | c << 6 | d;
}

static size_t padding_of(struct hufu_bytes text)
{
    if (text.len == 0 || text.data[text.len - 1] != '=')
        return 0;
    return text.data[text.len - 2] == '=' ? 2 : 1;
}

/* A group of which `padding` characters are '='. */
static enum hufu_status decode_last(const uint8_t *text, size_t padding, uint8_t *out,
                                    struct hufu_error *err)
{
    const uint8_t full[4] = {text[0], text[1], padding == 1 ? text[2] : 'A', 'A'};
    int group = decode_group(full);
    if (group < 0)
        return hufu_fail(err, HUFU_E_BASE64, "character outside the alphabet");
    if (group & (padding == 1 ? 0xFF : 0xFFFF))
        return hufu_fail(err, HUFU_E_BASE64, "bits after the last byte");
    out[0] = (uint8_t)(group >> 16);
    if (padding == 1)
        out[1] = (uint8_t)(group >> 8);
    return HUFU_OK;
}

/* To `out`, which may be where the text is: three bytes are written after four were read. */
static enum hufu_status decode(struct hufu_bytes text, size_t padding, uint8_t *out,
                               struct hufu_error *err)
{
    const uint8_t *at = text.data;
    for (size_t groups = (text.len - padding) / 4; groups > 0; groups--, at += 4, out += 3) {
        int group = decode_group(at);
        if (group < 0)
            return hufu_fail(err, HUFU_E_BASE64, "character outside the alphabet");
        out[0] = (uint8_t)(group >> 16);
        out[1] = (uint8_t)(group >> 8);
        out[2] = (uint8_t)group;
    }
    return padding > 0 ? decode_last(at, padding, out, err) : HUFU_OK;
}

static enum hufu_status check_length(struct hufu_bytes text, struct hufu_error *err)
{
    return text.len % 4 == 0 ? HUFU_OK
                             : hufu_fail(err, HUFU_E_BASE64, "length is not a multiple of four");
}

enum hufu_status hufu_base64_decode(struct hufu_bytes text, struct hufu_buf *ret_data,
                                    struct hufu_error *err)
{
    HUFU_TRY(check_length(text, err));
    size_t padding = padding_of(text);
    uint8_t *out = hufu_buf_extend(ret_data, text.len / 4 * 3 - padding);
    return out ? decode(text, padding, out, err) : hufu_fail(err, HUFU_E_BASE64, "too long");
}

enum hufu_status hufu_base64_decode_in_place(struct hufu_buf *text, struct hufu_error *err)
{
    struct hufu_bytes bytes = hufu_buf_bytes(text);
    HUFU_TRY(check_length(bytes, err));
    size_t padding = padding_of(bytes);
    HUFU_TRY(decode(bytes, padding, text->data, err));
    hufu_buf_shorten(text, text->len / 4 + padding);
    return HUFU_OK;
}

enum hufu_status hufu_base64_decode_lines(struct hufu_bytes text, struct hufu_buf *ret_data,
                                          struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = text.len};
    size_t at = 0;
    while (at < text.len) {
        size_t len = 0;
        while (at + len < text.len && !memchr("\r\n\t ", text.data[at + len], 4))
            len++;
        hufu_buf_add(&line, text.data + at, len);
        at += len + 1;
    }
    if (line.failed)
        return hufu_fail(err, HUFU_E_MEMORY, "base64");
    return hufu_base64_decode(hufu_buf_bytes(&line), ret_data, err);
}
