/* Bytes in tests: literals with NULs inside, and buffers that have to hold them. */
#ifndef HUFU_TESTS_BYTES_H
#define HUFU_TESTS_BYTES_H

#include "unit.h"

#include "base/buf.h"
#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

#define BYTES(literal) hufu_bytes_of((literal), sizeof(literal) - 1)
#define COUNT(table)   (sizeof(table) / sizeof((table)[0]))

static inline struct hufu_bytes bytes_of_text(const char *text)
{
    return hufu_bytes_of(text, strlen(text));
}

static inline void assert_bytes(struct hufu_bytes actual, struct hufu_bytes expected)
{
    assert_int_equal(actual.len, expected.len);
    if (expected.len)
        assert_memory_equal(actual.data, expected.data, expected.len);
}

/* A block of exactly these bytes, so that the sanitizer sees a reader that goes one too far. */
static inline uint8_t *exact_copy(const void *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    assert_non_null(copy);
    if (len)
        memcpy(copy, data, len);
    return copy;
}

/* `count` times `c`, as text; free it. */
static inline char *repeat(char c, size_t count)
{
    char *text = malloc(count + 1);
    assert_non_null(text);
    memset(text, c, count);
    text[count] = 0;
    return text;
}

#endif
