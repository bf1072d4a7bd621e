#include "component/gpki/gpki.h"

#include "fuzz.h"
#include "wire/base64.h"

#include <stdio.h>

/* There is no card: what is left is what a page can bring with it. */
enum hufu_status __wrap_hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err);

enum hufu_status __wrap_hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err)
{
    (void)ret_cards;
    return hufu_fail(err, HUFU_E_NO_DRIVER, NULL);
}

/* Nobody is there to agree to more. */
static void ask(struct hufu_page *page, unsigned scopes)
{
    require(scopes & ~page->scopes);
}

static void call(const char *function, const char *first, const char *rest)
{
    struct hufu_page page = {.reader = HUFU_READER_AUTOMATIC,
                             .origin = "https://portal.example.tw",
                             .version = "1.0.0.0",
                             .ask = ask,
                             .scopes = HUFU_SCOPES_USE,
                             .certificate = {.max = HUFU_CERTIFICATE_MAX}};
    const char *values[] = {first, rest, rest, rest, rest};
    const struct hufu_function *row = hufu_function_find(&hufu_gpki, function);
    struct hufu_arguments arguments = {.count = row ? hufu_function_arity(row) : 1,
                                       .values = values};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_TEXT_MAX};
    enum hufu_status status = hufu_component_call(&page, "gpki", function, &arguments, &text, NULL);
    require(!text.failed && strlen(hufu_buf_text(&text)) == text.len);
    if (status != HUFU_OK && text.len)
        require(row && row->returns != HUFU_RETURNS_TEXT && text.len <= sizeof "61000" - 1);
    hufu_buf_done(&page.certificate);
}

/* The input is a function and an argument, a line each, and a certificate: in DER, for a fuzzer
 * does not guess base64, and then as the text that it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base64 = {.max = 2 * FUZZ_BYTES_MAX};
    char *rest = text;
    const char *function = strsep(&rest, "\n");
    const char *argument = rest ? strsep(&rest, "\n") : "";
    if (!rest)
        return 0;
    size_t head = (size_t)(rest - text);
    hufu_base64_encode(hufu_bytes_of(data + head, len - head), &base64);
    call(function, hufu_buf_text(&base64), argument);
    call(function, rest, argument);
    call(function, argument, rest);
    return 0;
}
