#include "wire/base64.h"

#include "fuzz.h"

/* What decodes encodes back to the same text: there is one base64 of every block of bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = FUZZ_BYTES_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FUZZ_BYTES_MAX};
    if (hufu_base64_decode(hufu_bytes_of(data, len), &bytes, NULL) != HUFU_OK)
        return 0;
    hufu_base64_encode(hufu_buf_bytes(&bytes), &text);
    require(text.len == len && (len == 0 || memcmp(text.data, data, len) == 0));
    return 0;
}
