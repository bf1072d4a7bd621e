#include "wire/head.h"

#include "fuzz.h"

/* A text that was given out lies inside the head and ends there. */
static void require_text(const uint8_t *bytes, size_t len, const char *text)
{
    const uint8_t *start = (const uint8_t *)text;
    require(start >= bytes && start + strlen(text) < bytes + len);
}

static void require_head(const uint8_t *bytes, size_t len, const struct hufu_head *head)
{
    uint64_t length = 0;
    require(len <= HUFU_HEADER_BYTES_MAX && head->header_count <= HUFU_HEADERS_MAX);
    require_text(bytes, len, head->method);
    require_text(bytes, len, head->target);
    require(head->method[0] && head->target[0]);
    for (size_t i = 0; i < head->header_count; i++) {
        require_text(bytes, len, head->headers[i].name);
        require_text(bytes, len, head->headers[i].value);
        require(head->headers[i].name[0] && !strpbrk(head->headers[i].value, "\r\n"));
        require(hufu_head_value(head, head->headers[i].name) != NULL);
    }
    hufu_head_framing(head, &length);
}

/* What is written again as it was read means the same. */
static void require_same(const struct hufu_head *head)
{
    struct hufu_head again;
    size_t len = 0;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2 * HUFU_HEADER_BYTES_MAX};
    hufu_buf_printf(&text, "%s %s HTTP/1.1\r\n", head->method, head->target);
    for (size_t i = 0; i < head->header_count; i++)
        hufu_buf_printf(&text, "%s:%s\r\n", head->headers[i].name, head->headers[i].value);
    hufu_buf_add_text(&text, "\r\n");
    require(!text.failed);
    require(hufu_head_read((char *)text.data, text.len, &again, &len) == HUFU_HEAD_DONE);
    require(len == text.len && again.header_count == head->header_count);
    require(strcmp(again.method, head->method) == 0 && strcmp(again.target, head->target) == 0);
    for (size_t i = 0; i < head->header_count; i++)
        require(strcmp(again.headers[i].name, head->headers[i].name) == 0 &&
                strcmp(again.headers[i].value, head->headers[i].value) == 0);
}

/* In one piece, and in two: the first of them never says another thing than "more" or what the
 * whole says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hufu_head head;
    struct hufu_head part;
    size_t head_len = 0;
    size_t part_len = 0;
    HUFU_AUTO(hufu_free) uint8_t *bytes = fuzz_copy(data, len);
    HUFU_AUTO(hufu_free) uint8_t *half = fuzz_copy(data, len / 2);
    enum hufu_head_state state = hufu_head_read((char *)bytes, len, &head, &head_len);
    enum hufu_head_state first = hufu_head_read((char *)half, len / 2, &part, &part_len);
    require(first == HUFU_HEAD_MORE || first == state);
    if (state != HUFU_HEAD_DONE)
        return 0;
    require(head_len <= len && memcmp(bytes + head_len, data + head_len, len - head_len) == 0);
    require(first != HUFU_HEAD_DONE || part_len == head_len);
    require_head(bytes, head_len, &head);
    require_same(&head);
    return 0;
}
