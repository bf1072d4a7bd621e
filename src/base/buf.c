#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 64 };

void hufu_buf_init(struct hufu_buf *buf, size_t max)
{
    *buf = (struct hufu_buf){.max = max};
}

void hufu_buf_done(struct hufu_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->size);
    free(buf->data);
    *buf = (struct hufu_buf){.max = buf->max};
}

void hufu_buf_clear(struct hufu_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->size);
    buf->len = 0;
    buf->failed = false;
}

/* A new block instead of realloc, which would leave the old bytes behind unwiped. Many small
 * additions double it; a large one gets what it needs, as a block is wiped in full. */
static bool grow(struct hufu_buf *buf, size_t need)
{
    size_t size = buf->size ? 2 * buf->size : FIRST_SIZE;
    if (size < need)
        size = need;
    uint8_t *data = malloc(size);
    if (!data)
        return false;
    if (buf->data) {
        memcpy(data, buf->data, buf->len);
        explicit_bzero(buf->data, buf->size);
        free(buf->data);
    }
    buf->data = data;
    buf->size = size;
    return true;
}

uint8_t *hufu_buf_extend(struct hufu_buf *buf, size_t len)
{
    if (buf->failed || len > buf->max - buf->len) {
        buf->failed = true;
        return NULL;
    }
    size_t need = buf->len + len + 1;
    if (need > buf->size && !grow(buf, need)) {
        buf->failed = true;
        return NULL;
    }
    uint8_t *start = buf->data + buf->len;
    buf->len += len;
    buf->data[buf->len] = 0;
    return start;
}

void hufu_buf_reserve(struct hufu_buf *buf, size_t len)
{
    if (!buf->failed && len <= buf->max - buf->len && buf->len + len + 1 > buf->size &&
        grow(buf, buf->len + len + 1))
        buf->data[buf->len] = 0;
}

void hufu_buf_shorten(struct hufu_buf *buf, size_t len)
{
    if (len == 0)
        return;
    buf->len -= len;
    explicit_bzero(buf->data + buf->len, len);
}

void hufu_buf_add(struct hufu_buf *buf, const void *data, size_t len)
{
    uint8_t *start = hufu_buf_extend(buf, len);
    if (start && len)
        memcpy(start, data, len);
}

void hufu_buf_add_text(struct hufu_buf *buf, const char *text)
{
    hufu_buf_add(buf, text, strlen(text));
}

void hufu_buf_add_u8(struct hufu_buf *buf, uint8_t value)
{
    hufu_buf_add(buf, &value, 1);
}

void hufu_buf_add_u32(struct hufu_buf *buf, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};
    hufu_buf_add(buf, bytes, sizeof bytes);
}

void hufu_buf_printf(struct hufu_buf *buf, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int len = vsnprintf(NULL, 0, format, list);
    va_end(list);
    char *start = len < 0 ? NULL : (char *)hufu_buf_extend(buf, (size_t)len);
    if (!start) {
        buf->failed = true;
        return;
    }
    va_start(list, format);
    vsnprintf(start, (size_t)len + 1, format, list);
    va_end(list);
}

void hufu_buf_add_hex(struct hufu_buf *buf, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *out = hufu_buf_extend(buf, 2 * len);
    for (size_t i = 0; out && i < len; i++) {
        *out++ = (uint8_t)digits[data[i] >> 4];
        *out++ = (uint8_t)digits[data[i] & 15];
    }
}

int hufu_hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

const char *hufu_buf_text(const struct hufu_buf *buf)
{
    return buf->data ? (const char *)buf->data : "";
}

struct hufu_bytes hufu_buf_bytes(const struct hufu_buf *buf)
{
    return hufu_bytes_of(buf->data, buf->len);
}
