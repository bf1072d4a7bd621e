#include "wire/version.h"

#include "fuzz.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    char plain[64];
    uint64_t version = 1;
    uint64_t again = 2;
    if (hufu_version_parse(text, &version, NULL) != HUFU_OK)
        return 0;
    require(strspn(text, "0123456789.,") == strlen(text));
    snprintf(plain, sizeof plain, "%u.%u.%u.%u", (unsigned)(version >> 48),
             (unsigned)(version >> 32 & UINT16_MAX), (unsigned)(version >> 16 & UINT16_MAX),
             (unsigned)(version & UINT16_MAX));
    require(hufu_version_parse(plain, &again, NULL) == HUFU_OK && again == version);
    return 0;
}
