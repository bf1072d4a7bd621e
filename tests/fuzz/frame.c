#include "wire/frame.h"

#include "fuzz.h"

/* Texts that a frame gave out must lie inside it and end there. */
static void require_text(struct hufu_bytes frame, const char *text)
{
    const uint8_t *start = (const uint8_t *)text;
    require(start >= frame.data && start + strlen(text) < frame.data + frame.len);
}

static void require_same(const struct hufu_buf *again, struct hufu_bytes frame)
{
    require(!again->failed && again->len == frame.len &&
            memcmp(again->data, frame.data, frame.len) == 0);
}

static void read_call(struct hufu_bytes frame)
{
    struct hufu_call call;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = HUFU_FRAME_MAX};
    if (hufu_frame_get_call(frame, &call, NULL) != HUFU_OK)
        return;
    require_text(frame, call.component);
    require_text(frame, call.language);
    for (size_t i = 0; i < call.argument_count; i++)
        require_text(frame, call.arguments[i]);
    hufu_frame_put_call(&again, &call, NULL);
    require_same(&again, frame);
}

static void read_result(struct hufu_bytes frame)
{
    struct hufu_result result;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = HUFU_FRAME_MAX};
    if (hufu_frame_get_result(frame, &result, NULL) != HUFU_OK)
        return;
    require_text(frame, result.text);
    require(result.memo.len <= HUFU_MEMO_MAX);
    hufu_frame_put_result(&again, &result, NULL);
    require_same(&again, frame);
}

static void read_memo(struct hufu_bytes frame)
{
    struct hufu_bytes memo;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = HUFU_FRAME_MAX};
    if (hufu_frame_get_memo(frame, &memo, NULL) != HUFU_OK)
        return;
    require(memo.len <= HUFU_MEMO_MAX);
    hufu_frame_put_memo(&again, memo, NULL);
    require_same(&again, frame);
}

static void read_all(struct hufu_bytes frame)
{
    struct hufu_dialog dialog;
    struct hufu_scopes scopes;
    read_call(frame);
    read_result(frame);
    read_memo(frame);
    hufu_frame_get_ask(frame, &scopes, NULL);
    hufu_frame_get_grant(frame, &scopes, NULL);
    hufu_frame_get_dialog(frame, &dialog, NULL);
}

/* Once as it is, once with the length that it has: the fuzzer seldom finds it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t length = 0;
    if (len < HUFU_FRAME_HEAD)
        return 0;
    if (hufu_frame_length(data, &length, NULL) == HUFU_OK)
        require(length > HUFU_FRAME_HEAD && length <= HUFU_FRAME_MAX);
    read_all(hufu_bytes_of(data, len));
    HUFU_AUTO(hufu_free) uint8_t *frame = fuzz_copy(data, len);
    for (size_t i = 0; i < HUFU_FRAME_HEAD; i++)
        frame[i] = (uint8_t)((len - HUFU_FRAME_HEAD) >> 8 * (HUFU_FRAME_HEAD - 1 - i));
    read_all(hufu_bytes_of(frame, len));
    return 0;
}
