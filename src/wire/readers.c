#include "wire/readers.h"

#include "base/cleanup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void free_value(json_t **value)
{
    json_decref(*value);
}

static bool copy_text(char *ret_text, size_t size, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    size_t len = json_string_length(value);
    if (!json_is_string(value) || len >= size)
        return false;
    memcpy(ret_text, json_string_value(value), len + 1);
    return true;
}

static bool copy_flag(bool *ret_flag, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    *ret_flag = json_is_true(value);
    return json_is_boolean(value);
}

static bool copy_reader(struct hufu_line_reader *ret_reader, const json_t *object)
{
    const json_t *held = json_object_get(object, "held");
    ret_reader->held = json_is_string(held);
    return copy_text(ret_reader->name, sizeof ret_reader->name, object, "name") &&
           copy_flag(&ret_reader->card, object, "card") &&
           copy_flag(&ret_reader->mute, object, "mute") &&
           copy_flag(&ret_reader->answers, object, "answers") &&
           (json_is_string(held) || json_is_null(held));
}

static bool copy_service(struct hufu_line *ret_line, const json_t *object)
{
    static const char *const known[] = {"running", "missing", "absent", "refused",
                                        "version", "silent",  "other"};
    if (!copy_text(ret_line->service, sizeof ret_line->service, object, "service"))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], ret_line->service) == 0)
            return true;
    return false;
}

static bool copy_line(struct hufu_line *ret_line, const json_t *object)
{
    const json_t *readers = json_object_get(object, "readers");
    ret_line->count = json_array_size(readers);
    if (!json_is_array(readers) || ret_line->count > HUFU_LINE_READERS_MAX ||
        !copy_service(ret_line, object))
        return false;
    for (size_t i = 0; i < ret_line->count; i++)
        if (!copy_reader(&ret_line->readers[i], json_array_get(readers, i)))
            return false;
    return true;
}

enum hufu_status hufu_line_parse(struct hufu_bytes text, struct hufu_line *ret_line,
                                 struct hufu_error *err)
{
    struct hufu_line line = {.count = 0};
    json_error_t problem;
    if (text.len > HUFU_LINE_MAX)
        return hufu_fail(err, HUFU_E_REQUEST, "a line that is too long");
    HUFU_AUTO(free_value)
    json_t *object =
        json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &problem);
    if (!copy_line(&line, object))
        return hufu_fail(err, HUFU_E_REQUEST, "not a line about readers");
    *ret_line = line;
    return HUFU_OK;
}

static bool reader_equal(const struct hufu_line_reader *one, const struct hufu_line_reader *other)
{
    return strcmp(one->name, other->name) == 0 && one->card == other->card &&
           one->held == other->held && one->mute == other->mute && one->answers == other->answers;
}

bool hufu_line_equal(const struct hufu_line *one, const struct hufu_line *other)
{
    bool equal = strcmp(one->service, other->service) == 0 && one->count == other->count;
    for (size_t i = 0; equal && i < one->count; i++)
        equal = reader_equal(&one->readers[i], &other->readers[i]);
    return equal;
}

static int add_chunk(const char *data, size_t len, void *buf)
{
    hufu_buf_add(buf, data, len);
    return 0;
}

static bool add_reader(json_t *readers, const struct hufu_line_reader *reader)
{
    return json_array_append_new(readers,
                                 json_pack("{s:s,s:b,s:b,s:b,s:b}", "name", reader->name, "card",
                                           reader->card, "held", reader->held, "mute", reader->mute,
                                           "answers", reader->answers)) == 0;
}

enum hufu_status hufu_line_write(const struct hufu_line *line, long long event,
                                 struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(free_value)
    json_t *object = json_pack("{s:I,s:s,s:[]}", "event", (json_int_t)event, "service",
                               line->service, "readers");
    bool built = object;
    for (size_t i = 0; built && i < line->count; i++)
        built = add_reader(json_object_get(object, "readers"), &line->readers[i]);
    if (!built || json_dump_callback(object, add_chunk, ret_text, JSON_COMPACT) || ret_text->failed)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "readers");
    return HUFU_OK;
}
