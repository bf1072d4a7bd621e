#include "wire/version.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    uint64_t version = 1;
    if (hufu_version_parse(text, &version, NULL) == HUFU_OK)
        require(strspn(text, "0123456789.,") == strlen(text));
    return 0;
}
