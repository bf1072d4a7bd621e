#include "wire/form.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf value = {.max = FUZZ_BYTES_MAX};
    struct hufu_bytes field;
    if (hufu_form_field(hufu_bytes_of(data, len), "Parameter", &field, NULL) != HUFU_OK)
        return 0;
    require(field.data >= data && field.data + field.len <= data + len);
    if (hufu_percent_decode(field, &value, NULL) == HUFU_OK)
        require(value.len <= field.len);
    return 0;
}
