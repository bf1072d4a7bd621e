#include "wire/frame.h"

#include "base/cleanup.h"
#include "wire/scope.h"

#include <string.h>

enum { TYPE_AT = HUFU_FRAME_HEAD, FIELDS_AT = HUFU_FRAME_HEAD + 1 };

static uint32_t read_u32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

/* --- writing --- */

static size_t begin(struct hufu_buf *buf, enum hufu_frame_type type)
{
    size_t start = buf->len;
    hufu_buf_add_u32(buf, 0);
    hufu_buf_add_u8(buf, (uint8_t)type);
    return start;
}

static void put_bytes(struct hufu_buf *buf, struct hufu_bytes bytes)
{
    hufu_buf_add_u32(buf, (uint32_t)bytes.len);
    hufu_buf_add(buf, bytes.data, bytes.len);
}

static void put_number(struct hufu_buf *buf, uint32_t number)
{
    hufu_buf_add_u32(buf, sizeof number);
    hufu_buf_add_u32(buf, number);
}

/* A text travels with its NUL, so that the reader can use it in place. */
static void put_text(struct hufu_buf *buf, const char *text)
{
    put_bytes(buf, hufu_bytes_of(text, strlen(text) + 1));
}

static enum hufu_status end(struct hufu_buf *buf, size_t start, struct hufu_error *err)
{
    size_t len = buf->len - start;
    if (buf->failed || len > HUFU_FRAME_MAX)
        return hufu_fail(err, HUFU_E_REQUEST, "frame too long");
    uint32_t counted = (uint32_t)(len - HUFU_FRAME_HEAD);
    const uint8_t head[] = {(uint8_t)(counted >> 24), (uint8_t)(counted >> 16),
                            (uint8_t)(counted >> 8), (uint8_t)counted};
    memcpy(buf->data + start, head, sizeof head);
    return HUFU_OK;
}

static size_t text_room(const char *text)
{
    return sizeof(uint32_t) + strlen(text) + 1;
}

/* An argument may be a document, and so its frame is made in one block. */
static size_t call_room(const struct hufu_call *call)
{
    enum { NUMBERS = 2 };
    size_t room = FIELDS_AT + NUMBERS * 2 * sizeof(uint32_t);
    room += text_room(call->component) + text_room(call->function) + text_room(call->version);
    room += text_room(call->origin) + text_room(call->language);
    for (size_t i = 0; i < call->argument_count; i++)
        room += text_room(call->arguments[i]);
    return room;
}

enum hufu_status hufu_frame_put_call(struct hufu_buf *buf, const struct hufu_call *call,
                                     struct hufu_error *err)
{
    hufu_buf_reserve(buf, call_room(call));
    size_t start = begin(buf, HUFU_FRAME_CALL);
    put_text(buf, call->component);
    put_text(buf, call->function);
    put_text(buf, call->version);
    put_text(buf, call->origin);
    put_text(buf, call->language);
    put_number(buf, call->scopes);
    put_number(buf, call->may_ask);
    for (size_t i = 0; i < call->argument_count; i++)
        put_text(buf, call->arguments[i]);
    return end(buf, start, err);
}

enum hufu_status hufu_frame_put_result(struct hufu_buf *buf, const struct hufu_result *result,
                                       struct hufu_error *err)
{
    enum { NUMBERS = 3 };
    hufu_buf_reserve(buf, FIELDS_AT + NUMBERS * 2 * sizeof(uint32_t) + text_room(result->text) +
                              sizeof(uint32_t) + result->memo.len);
    size_t start = begin(buf, HUFU_FRAME_RESULT);
    put_number(buf, (uint32_t)result->code);
    put_number(buf, result->scope);
    put_number(buf, result->after);
    put_text(buf, result->text);
    put_bytes(buf, result->memo);
    return end(buf, start, err);
}

enum hufu_status hufu_frame_put_dialog(struct hufu_buf *buf, const struct hufu_dialog *dialog,
                                       struct hufu_error *err)
{
    size_t start = begin(buf, HUFU_FRAME_DIALOG);
    put_number(buf, dialog->open);
    return end(buf, start, err);
}

enum hufu_status hufu_frame_put_memo(struct hufu_buf *buf, struct hufu_bytes memo,
                                     struct hufu_error *err)
{
    size_t start = begin(buf, HUFU_FRAME_MEMO);
    put_bytes(buf, memo);
    return end(buf, start, err);
}

static enum hufu_status put_scopes(struct hufu_buf *buf, enum hufu_frame_type type, unsigned scopes,
                                   struct hufu_error *err)
{
    size_t start = begin(buf, type);
    put_number(buf, scopes);
    return end(buf, start, err);
}

enum hufu_status hufu_frame_put_ask(struct hufu_buf *buf, const struct hufu_scopes *ask,
                                    struct hufu_error *err)
{
    return put_scopes(buf, HUFU_FRAME_ASK, ask->scopes, err);
}

enum hufu_status hufu_frame_put_grant(struct hufu_buf *buf, const struct hufu_scopes *grant,
                                      struct hufu_error *err)
{
    return put_scopes(buf, HUFU_FRAME_GRANT, grant->scopes, err);
}

/* --- reading --- */

enum hufu_status hufu_frame_length(const uint8_t head[HUFU_FRAME_HEAD], size_t *ret_length,
                                   struct hufu_error *err)
{
    size_t length = (size_t)read_u32(head) + HUFU_FRAME_HEAD;
    if (length < FIELDS_AT || length > HUFU_FRAME_MAX)
        return hufu_fail(err, HUFU_E_REQUEST, "frame length out of bounds");
    *ret_length = length;
    return HUFU_OK;
}

enum hufu_frame_type hufu_frame_type(struct hufu_bytes frame)
{
    return (enum hufu_frame_type)(frame.len > TYPE_AT ? frame.data[TYPE_AT] : 0);
}

/* Reads fields one after another; once one was wrong, `failed` stays set. */
struct reader {
    struct hufu_bytes left;
    bool failed;
};

static struct reader open_frame(struct hufu_bytes frame, enum hufu_frame_type type)
{
    if (frame.len < FIELDS_AT || hufu_frame_type(frame) != type ||
        read_u32(frame.data) != frame.len - HUFU_FRAME_HEAD)
        return (struct reader){.failed = true};
    return (struct reader){
        .left = hufu_bytes_of(frame.data + FIELDS_AT, frame.len - FIELDS_AT),
    };
}

static struct hufu_bytes get_bytes(struct reader *reader, size_t max)
{
    struct hufu_bytes *left = &reader->left;
    size_t len = left->len >= 4 ? read_u32(left->data) : SIZE_MAX;
    if (reader->failed || left->len < 4 || len > left->len - 4 || len > max) {
        reader->failed = true;
        return (struct hufu_bytes){0};
    }
    struct hufu_bytes field = hufu_bytes_of(left->data + 4, len);
    *left = hufu_bytes_of(left->data + 4 + len, left->len - 4 - len);
    return field;
}

static const char *get_text(struct reader *reader)
{
    struct hufu_bytes field = get_bytes(reader, HUFU_FRAME_MAX);
    if (field.len == 0 || memchr(field.data, 0, field.len) != field.data + field.len - 1) {
        reader->failed = true;
        return "";
    }
    return (const char *)field.data;
}

static uint32_t get_number(struct reader *reader)
{
    struct hufu_bytes field = get_bytes(reader, 4);
    if (field.len != 4) {
        reader->failed = true;
        return 0;
    }
    return read_u32(field.data);
}

static bool get_bool(struct reader *reader)
{
    uint32_t number = get_number(reader);
    reader->failed |= number > 1;
    return number == 1;
}

static unsigned get_scopes(struct reader *reader)
{
    uint32_t scopes = get_number(reader);
    reader->failed |= (scopes & ~(uint32_t)HUFU_SCOPES_ALL) != 0;
    return scopes;
}

static enum hufu_status close_frame(const struct reader *reader, struct hufu_error *err)
{
    if (reader->failed || reader->left.len)
        return hufu_fail(err, HUFU_E_REQUEST, "malformed frame");
    return HUFU_OK;
}

enum hufu_status hufu_frame_get_call(struct hufu_bytes frame, struct hufu_call *ret_call,
                                     struct hufu_error *err)
{
    struct reader reader = open_frame(frame, HUFU_FRAME_CALL);
    struct hufu_call call = {.component = get_text(&reader)};
    call.function = get_text(&reader);
    call.version = get_text(&reader);
    call.origin = get_text(&reader);
    call.language = get_text(&reader);
    call.scopes = get_scopes(&reader);
    call.may_ask = get_bool(&reader);
    while (!reader.failed && reader.left.len && call.argument_count < HUFU_ARGUMENTS_MAX)
        call.arguments[call.argument_count++] = get_text(&reader);
    HUFU_TRY(close_frame(&reader, err));
    *ret_call = call;
    return HUFU_OK;
}

enum hufu_status hufu_frame_get_result(struct hufu_bytes frame, struct hufu_result *ret_result,
                                       struct hufu_error *err)
{
    struct reader reader = open_frame(frame, HUFU_FRAME_RESULT);
    struct hufu_result result = {.code = (int)get_number(&reader)};
    result.scope = get_scopes(&reader);
    uint32_t after = get_number(&reader);
    result.text = get_text(&reader);
    result.memo = get_bytes(&reader, HUFU_MEMO_MAX);
    HUFU_TRY(close_frame(&reader, err));
    if (after > HUFU_AFTER_REPLACE)
        return hufu_fail(err, HUFU_E_REQUEST, "malformed frame");
    result.after = (enum hufu_after)after;
    *ret_result = result;
    return HUFU_OK;
}

enum hufu_status hufu_frame_get_dialog(struct hufu_bytes frame, struct hufu_dialog *ret_dialog,
                                       struct hufu_error *err)
{
    struct reader reader = open_frame(frame, HUFU_FRAME_DIALOG);
    struct hufu_dialog dialog = {.open = get_bool(&reader)};
    HUFU_TRY(close_frame(&reader, err));
    *ret_dialog = dialog;
    return HUFU_OK;
}

enum hufu_status hufu_frame_get_memo(struct hufu_bytes frame, struct hufu_bytes *ret_memo,
                                     struct hufu_error *err)
{
    struct reader reader = open_frame(frame, HUFU_FRAME_MEMO);
    struct hufu_bytes memo = get_bytes(&reader, HUFU_MEMO_MAX);
    HUFU_TRY(close_frame(&reader, err));
    *ret_memo = memo;
    return HUFU_OK;
}

static enum hufu_status read_scopes(struct hufu_bytes frame, enum hufu_frame_type type,
                                    struct hufu_scopes *ret_scopes, struct hufu_error *err)
{
    struct reader reader = open_frame(frame, type);
    struct hufu_scopes scopes = {.scopes = get_scopes(&reader)};
    HUFU_TRY(close_frame(&reader, err));
    *ret_scopes = scopes;
    return HUFU_OK;
}

enum hufu_status hufu_frame_get_ask(struct hufu_bytes frame, struct hufu_scopes *ret_ask,
                                    struct hufu_error *err)
{
    return read_scopes(frame, HUFU_FRAME_ASK, ret_ask, err);
}

enum hufu_status hufu_frame_get_grant(struct hufu_bytes frame, struct hufu_scopes *ret_grant,
                                      struct hufu_error *err)
{
    return read_scopes(frame, HUFU_FRAME_GRANT, ret_grant, err);
}
