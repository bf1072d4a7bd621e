#include "wire/readers.h"

#include "fuzz.h"

/* What a page gets of a line is one line, and says the same of the readers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hufu_line line;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 8 * HUFU_LINE_MAX};
    if (hufu_line_parse(hufu_bytes_of(data, len), &line, NULL) != HUFU_OK)
        return 0;
    require(line.count <= HUFU_LINE_READERS_MAX);
    require(hufu_line_equal(&line, &line));
    require(hufu_line_write(&line, 7, &text, NULL) == HUFU_OK);
    require(!memchr(text.data, '\n', text.len) && !strstr(hufu_buf_text(&text), "\"atr\":"));
    return 0;
}
