#include "wire/codepage.h"

#include "fuzz.h"

#include <iconv.h>

/* What is signed is what the person saw: it reads back as the same text. */
static void require_same(struct hufu_buf *big5, const char *text)
{
    size_t size = 4 * big5->len + 1;
    HUFU_AUTO(hufu_free) char *read = malloc(size);
    iconv_t converter = iconv_open("UTF-8", "CP950");
    char *in = (char *)big5->data;
    char *out = read;
    size_t in_left = big5->len;
    size_t out_left = size;
    require(read && iconv(converter, &in, &in_left, &out, &out_left) == 0);
    iconv_close(converter);
    require(size - out_left == strlen(text) && memcmp(read, text, size - out_left) == 0);
}

/* What is decoded is a text: UTF-8 without a NUL. */
static void decode(const uint8_t *data, size_t len)
{
    static const char *const names[] = {"MS950", "UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        HUFU_AUTO(hufu_free) uint8_t *copy = fuzz_copy(data, len);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4 * FUZZ_BYTES_MAX};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = 4 * FUZZ_BYTES_MAX};
        if (hufu_codepage_decode(names[i], hufu_bytes_of(copy, len), &text, NULL) != HUFU_OK)
            continue;
        require(strlen(hufu_buf_text(&text)) == text.len);
        require(hufu_codepage_encode("UTF-8", hufu_buf_text(&text), &again, NULL) == HUFU_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf big5 = {.max = FUZZ_BYTES_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf utf8 = {.max = FUZZ_BYTES_MAX};
    if (hufu_codepage_encode("MS950", text, &big5, NULL) == HUFU_OK)
        require_same(&big5, text);
    if (hufu_codepage_encode("UTF-8", text, &utf8, NULL) == HUFU_OK)
        require(strcmp(hufu_buf_text(&utf8), text) == 0);
    decode(data, len);
    return 0;
}
