#include "service/servisign.h"

#include "fuzz.h"
#include "wire/base64.h"

HUFU_DEFINE_AUTO(struct hufu_servisign *, hufu_servisign_free)

static void decode(struct hufu_bytes body)
{
    HUFU_AUTO(hufu_servisign_free_auto) struct hufu_servisign *request = NULL;
    if (hufu_servisign_decode(body, &request, NULL) != HUFU_OK)
        return;
    require(request->function[0] && request->argument_count == 0);
    if (hufu_servisign_read_arguments(request, NULL) != HUFU_OK)
        return;
    require(request->argument_count <= HUFU_ARGUMENTS_MAX);
    for (size_t i = 0; i < request->argument_count; i++)
        require(strlen(request->arguments[i]) <= body.len);
}

/* Once as a whole body, once as the JSON inside one: a fuzzer does not guess base64. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf body = {.max = 2 * FUZZ_BYTES_MAX};
    decode(hufu_bytes_of(data, len));
    hufu_buf_add_text(&body, "Parameter=");
    hufu_base64_encode(hufu_bytes_of(data, len), &body);
    if (!body.failed)
        decode(hufu_buf_bytes(&body));
    return 0;
}
