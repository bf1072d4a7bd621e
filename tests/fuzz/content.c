#include "card/content.h"

#include "fuzz.h"

enum { ROOM_MAX = 1000, TEXT_MAX = 4096 };

/* No line begins with what a page wrote, and its quotation ends where it has to. */
static void describe(struct hufu_content content, size_t room)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = TEXT_MAX};
    hufu_content_describe(&content, HUFU_LANGUAGE_ZH_TW, room, &text);
    require(!text.failed);
    const char *quotation = strstr(hufu_buf_text(&text), "「");
    if (quotation) {
        for (const char *at = quotation; (at = strchr(at, '\n')); at++)
            require(strncmp(at, "\n　", strlen("\n　")) == 0);
        require(!strstr(quotation + strlen("「"), "「"));
        require(strcmp(strstr(quotation, "」"), "」") == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) uint8_t *bytes = fuzz_copy(data, len);
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    size_t room = len ? (size_t)data[0] * ROOM_MAX / 255 : 0;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = ROOM_MAX + 1};
    struct hufu_content_shown shown = hufu_content_clean(hufu_bytes_of(bytes, len), room, &line);
    require(!line.failed && hufu_content_cost(hufu_buf_bytes(&line)) <= room);
    require(shown.characters <= len);
    for (size_t i = 0; i < line.len; i++)
        require((line.data[i] >= 0x20 || line.data[i] == '\n') && line.data[i] != 0x7F);
    describe((struct hufu_content){.bytes = hufu_bytes_of(bytes, len)}, room);
    describe((struct hufu_content){.bytes = hufu_bytes_of(bytes, len), .text = text}, room);
    return 0;
}
