#include "cli/print.h"

#include "fuzz.h"
#include "wire/json.h"

HUFU_DEFINE_AUTO(struct hufu_json *, hufu_json_free)

/* Our own parser takes it, and finds the text again unless it was no UTF-8. */
static void require_json(const char *text)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = 8 * FUZZ_BYTES_MAX};
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *read = NULL;
    hufu_buf_add_text(&json, "{\"text\":");
    hufu_print_json(&json, text);
    hufu_buf_add_text(&json, "}");
    require(hufu_json_parse(hufu_buf_bytes(&json), &read, NULL) == HUFU_OK);
    const char *again = hufu_json_find(read, "text")->text;
    require(strcmp(again, text) == 0 || strstr(again, "\xef\xbf\xbd"));
}

/* Nothing that a terminal obeys: neither C0 nor DEL nor C1. */
static void require_plain(const char *text)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf plain = {.max = FUZZ_BYTES_MAX};
    hufu_print_plain(&plain, text);
    const char *shown = hufu_buf_text(&plain);
    require(plain.len <= strlen(text));
    for (size_t i = 0; i < plain.len; i++) {
        require((unsigned char)shown[i] >= 0x20 && shown[i] != 0x7f);
        require(shown[i] != '\xc2' || (unsigned char)shown[i + 1] >= 0xa0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    require_json(text);
    require_plain(text);
    return 0;
}
