#include "crypto/cms.h"

#include "fuzz.h"

/* Whatever the message is, a page gets the name of an algorithm, an OID in dots, or nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const unsigned long indexes[] = {0, 1, 2, 9999999999};
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  " .-_:()/";
    HUFU_AUTO(hufu_free) uint8_t *copy = fuzz_copy(data, len);
    for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FUZZ_BYTES_MAX};
        enum hufu_status status =
            hufu_cms_signature_algorithm(hufu_bytes_of(copy, len), indexes[i], &text, NULL);
        if (status == HUFU_OK)
            require(text.len && strspn(hufu_buf_text(&text), allowed) == text.len);
        else
            require(text.len == 0);
    }
    return 0;
}
