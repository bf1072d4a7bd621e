/* Bytes that grow up to a maximum and are wiped when released, so that no parser has to count and
 * no secret that passed through one stays behind. */
#ifndef HUFU_BASE_BUF_H
#define HUFU_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes: whoever made them keeps them. */
struct hufu_bytes {
    const uint8_t *data;
    size_t len;
};

/* `data` is NULL or followed by a NUL that `len` does not count. Once an addition did not fit
 * (maximum or memory), `failed` stays set and the content is of no use: check it once, at the end.
 */
struct hufu_buf {
    uint8_t *data;
    size_t len;
    size_t size;
    size_t max;
    bool failed;
};

void hufu_buf_init(struct hufu_buf *buf, size_t max);
void hufu_buf_done(struct hufu_buf *buf);

/* Forgets the content and a failure, keeps the maximum. */
void hufu_buf_clear(struct hufu_buf *buf);

/* Makes room for `len` bytes and returns where they go, or NULL; the caller fills all of them. */
uint8_t *hufu_buf_extend(struct hufu_buf *buf, size_t len);

/* Before many additions of `len` bytes together, so that none of them moves the content. What does
 * not fit is theirs to find. */
void hufu_buf_reserve(struct hufu_buf *buf, size_t len);

/* Takes the last `len` bytes away again. */
void hufu_buf_shorten(struct hufu_buf *buf, size_t len);

void hufu_buf_add(struct hufu_buf *buf, const void *data, size_t len);
void hufu_buf_add_text(struct hufu_buf *buf, const char *text);
void hufu_buf_add_u8(struct hufu_buf *buf, uint8_t value);
void hufu_buf_add_u32(struct hufu_buf *buf, uint32_t value); /* big endian */
void hufu_buf_printf(struct hufu_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Lower-case hex of `len` bytes. */
void hufu_buf_add_hex(struct hufu_buf *buf, const uint8_t *data, size_t len);

/* The value of a digit of either case, -1 for anything else. */
int hufu_hex_value(uint8_t digit);

/* The content as text; "" when nothing was added. Stays valid until the next addition. */
const char *hufu_buf_text(const struct hufu_buf *buf);
struct hufu_bytes hufu_buf_bytes(const struct hufu_buf *buf);

static inline struct hufu_bytes hufu_bytes_of(const void *data, size_t len)
{
    return (struct hufu_bytes){.data = data, .len = len};
}

#endif
