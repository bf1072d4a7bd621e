#include "wire/frame.h"

#include "fuzz.h"

/* Texts that a frame gave out must lie inside it and end there. */
static void require_text(struct hufu_bytes frame, const char *text)
{
    const uint8_t *start = (const uint8_t *)text;
    require(start >= frame.data && start + strlen(text) < frame.data + frame.len);
}

static void read_call(struct hufu_bytes frame)
{
    struct hufu_call call;
    if (hufu_frame_get_call(frame, &call, NULL) != HUFU_OK)
        return;
    require_text(frame, call.component);
    require_text(frame, call.language);
    for (size_t i = 0; i < call.argument_count; i++)
        require_text(frame, call.arguments[i]);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = HUFU_FRAME_MAX};
    require(hufu_frame_put_call(&again, &call, NULL) == HUFU_OK && again.len == frame.len &&
            memcmp(again.data, frame.data, frame.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hufu_bytes frame = hufu_bytes_of(data, len);
    struct hufu_result result;
    struct hufu_dialog dialog;
    struct hufu_bytes memo;
    size_t length = 0;
    if (len < HUFU_FRAME_HEAD || hufu_frame_length(data, &length, NULL) != HUFU_OK)
        return 0;
    read_call(frame);
    if (hufu_frame_get_result(frame, &result, NULL) == HUFU_OK)
        require_text(frame, result.text);
    if (hufu_frame_get_memo(frame, &memo, NULL) == HUFU_OK)
        require(memo.len <= HUFU_MEMO_MAX);
    hufu_frame_get_dialog(frame, &dialog, NULL);
    return 0;
}
