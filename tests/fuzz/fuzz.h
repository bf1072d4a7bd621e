/* One target a file: LLVMFuzzerTestOneInput gets bytes from nobody's friend. libFuzzer drives it
 * (-Dfuzzer=true), or replay.c with the files of its corpus. */
#ifndef HUFU_TESTS_FUZZ_H
#define HUFU_TESTS_FUZZ_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "error/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* More than any limit that a parser checks itself, except the body's. */
enum { FUZZ_BYTES_MAX = 256 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What must hold for every input. */
static inline void require(bool holds)
{
    if (!holds)
        abort();
}

static inline uint8_t *fuzz_copy(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    require(copy != NULL);
    if (len)
        memcpy(copy, data, len);
    return copy;
}

/* The input as a text: up to the first NUL, as every text of hufu is. Free it. */
static inline char *fuzz_text(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    require(text != NULL);
    if (len)
        memcpy(text, data, len);
    text[len] = 0;
    return text;
}

#endif
