#include "component/memo.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hufu_page page = {.reader = HUFU_READER_AUTOMATIC,
                             .certificate = {.max = HUFU_CERTIFICATE_MAX}};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = FUZZ_BYTES_MAX};
    if (hufu_memo_read(hufu_bytes_of(data, len), &page, NULL) == HUFU_OK) {
        hufu_memo_write(&page, &again);
        require(again.len == len && memcmp(again.data, data, len) == 0);
    }
    hufu_buf_done(&page.certificate);
    return 0;
}
