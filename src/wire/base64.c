#include "wire/base64.h"

#include "base/cleanup.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hufu_base64_encode(struct hufu_bytes data, struct hufu_buf *ret_text)
{
    uint8_t *out = hufu_buf_extend(ret_text, (data.len + 2) / 3 * 4);
    if (!out)
        return;
    for (size_t i = 0; i < data.len; i += 3) {
        size_t left = data.len - i;
        uint32_t group = (uint32_t)data.data[i] << 16;
        group |= left > 1 ? (uint32_t)data.data[i + 1] << 8 : 0;
        group |= left > 2 ? data.data[i + 2] : 0;
        *out++ = (uint8_t)alphabet[group >> 18];
        *out++ = (uint8_t)alphabet[group >> 12 & 63];
        *out++ = left > 1 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
        *out++ = left > 2 ? (uint8_t)alphabet[group & 63] : '=';
    }
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

static size_t padding_of(struct hufu_bytes text)
{
    if (text.len == 0 || text.data[text.len - 1] != '=')
        return 0;
    return text.data[text.len - 2] == '=' ? 2 : 1;
}

enum hufu_status hufu_base64_decode(struct hufu_bytes text, struct hufu_buf *ret_data,
                                    struct hufu_error *err)
{
    if (text.len % 4 != 0)
        return hufu_fail(err, HUFU_E_BASE64, "length is not a multiple of four");
    size_t padding = padding_of(text);
    size_t count = text.len - padding;
    uint8_t *out = hufu_buf_extend(ret_data, text.len / 4 * 3 - padding);
    if (!out)
        return hufu_fail(err, HUFU_E_BASE64, "too long");
    uint32_t group = 0;
    for (size_t i = 0; i < count; i++) {
        int value = value_of(text.data[i]);
        if (value < 0)
            return hufu_fail(err, HUFU_E_BASE64, "character outside the alphabet");
        group = group << 6 | (uint32_t)value;
        if (i % 4 != 0)
            *out++ = (uint8_t)(group >> (6 - 2 * (i % 4)));
    }
    uint32_t spare = padding == 1 ? group & 3 : padding == 2 ? group & 15 : 0;
    return spare == 0 ? HUFU_OK : hufu_fail(err, HUFU_E_BASE64, "bits after the last byte");
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
