#include "wire/origin.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    if (hufu_origin_valid(text)) {
        require(strlen(text) <= HUFU_ORIGIN_MAX && strncmp(text, "http", 4) == 0);
        require(!strpbrk(text, " \t\r\n,*%@?#ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
        require(!strchr(strstr(text, "://") + 3, '/'));
    }
    if (hufu_host_is_loopback(text, 56421))
        require(strcmp(text, "localhost:56421") == 0 || strcmp(text, "127.0.0.1:56421") == 0 ||
                strcmp(text, "[::1]:56421") == 0);
    return 0;
}
