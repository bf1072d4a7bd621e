#include "wire/base64.h"

#include "fuzz.h"

/* What decodes encodes back to the same text: there is one base64 of every block of bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = FUZZ_BYTES_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf lines = {.max = FUZZ_BYTES_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FUZZ_BYTES_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf place = {.max = FUZZ_BYTES_MAX};
    hufu_buf_add(&place, data, len);
    bool decodes = hufu_base64_decode_in_place(&place, NULL) == HUFU_OK;
    enum hufu_status broken = hufu_base64_decode_lines(hufu_bytes_of(data, len), &lines, NULL);
    require(decodes == (hufu_base64_decode(hufu_bytes_of(data, len), &bytes, NULL) == HUFU_OK));
    if (!decodes)
        return 0;
    require(place.len == bytes.len && memcmp(place.data, bytes.data, bytes.len) == 0);
    require(broken == HUFU_OK && lines.len == bytes.len &&
            (len == 0 || memcmp(lines.data, bytes.data, bytes.len) == 0));
    hufu_base64_encode(hufu_buf_bytes(&bytes), &text);
    require(text.len == len && (len == 0 || memcmp(text.data, data, len) == 0));
    return 0;
}
