#include "wire/codepage.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf big5 = {.max = FUZZ_BYTES_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf utf8 = {.max = FUZZ_BYTES_MAX};
    hufu_codepage_encode("MS950", text, &big5, NULL);
    if (hufu_codepage_encode("UTF-8", text, &utf8, NULL) == HUFU_OK)
        require(strcmp(hufu_buf_text(&utf8), text) == 0);
    return 0;
}
