#include "wire/json.h"

#include "base/cleanup.h"
#include "base/wipe.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_MAX = 32 };

struct hufu_json {
    json_t *object;
    size_t count;
    struct hufu_json_member *members;
    char (*numbers)[NUMBER_TEXT_MAX];
};

static void free_object(json_t **object)
{
    json_decref(*object);
}

static bool fill_member(struct hufu_json_member *member, char number[NUMBER_TEXT_MAX],
                        const char *name, const json_t *value)
{
    *member = (struct hufu_json_member){.name = name, .text = ""};
    switch (json_typeof(value)) {
    case JSON_STRING:
        member->type = HUFU_JSON_TEXT;
        member->text = json_string_value(value);
        return true;
    case JSON_INTEGER:
        member->type = HUFU_JSON_NUMBER;
        member->text = number;
        return snprintf(number, NUMBER_TEXT_MAX, "%lld", json_integer_value(value)) > 0;
    case JSON_REAL:
        member->type = HUFU_JSON_NUMBER;
        member->text = number;
        return snprintf(number, NUMBER_TEXT_MAX, "%.15g", json_real_value(value)) > 0;
    case JSON_TRUE:
    case JSON_FALSE:
        member->type = HUFU_JSON_BOOLEAN;
        member->text = json_is_true(value) ? "true" : "false";
        return true;
    case JSON_NULL:
        member->type = HUFU_JSON_NULL;
        return true;
    case JSON_OBJECT:
    case JSON_ARRAY:
        return false;
    }
    return false;
}

static enum hufu_status fill(struct hufu_json *json, struct hufu_error *err)
{
    size_t count = json_object_size(json->object);
    if (count > HUFU_JSON_MEMBERS_MAX)
        return hufu_fail(err, HUFU_E_REQUEST, "JSON has too many members");
    json->members = calloc(count + 1, sizeof *json->members);
    json->numbers = calloc(count + 1, sizeof *json->numbers);
    if (!json->members || !json->numbers)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "JSON members");
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach (json->object, name, value) {
        size_t at = json->count;
        if (!fill_member(&json->members[at], json->numbers[at], name, value))
            return hufu_fail(err, HUFU_E_REQUEST, "JSON is not flat");
        json->count++;
    }
    return HUFU_OK;
}

static void free_json(struct hufu_json **json)
{
    hufu_json_free(*json);
}

enum hufu_status hufu_json_parse(struct hufu_bytes text, struct hufu_json **ret_json,
                                 struct hufu_error *err)
{
    HUFU_AUTO(free_json) struct hufu_json *json = calloc(1, sizeof *json);
    if (!json)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "JSON");
    if (text.len && memchr(text.data, 0, text.len)) /* after a number jansson skips it */
        return hufu_fail(err, HUFU_E_REQUEST, "NUL in JSON");
    json_set_alloc_funcs(malloc, hufu_wipe_free); /* a page may send a PIN */
    json_error_t problem;
    json->object = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &problem);
    if (!json->object) /* problem.text quotes the input, which may hold a PIN */
        return hufu_fail(err, HUFU_E_REQUEST, "not JSON");
    if (!json_is_object(json->object))
        return hufu_fail(err, HUFU_E_REQUEST, "JSON is not an object");
    HUFU_TRY(fill(json, err));
    *ret_json = HUFU_TAKE(json);
    return HUFU_OK;
}

void hufu_json_free(struct hufu_json *json)
{
    if (!json)
        return;
    json_decref(json->object);
    free(json->members);
    hufu_wipe_free(json->numbers);
    free(json);
}

size_t hufu_json_count(const struct hufu_json *json)
{
    return json->count;
}

const struct hufu_json_member *hufu_json_at(const struct hufu_json *json, size_t index)
{
    return &json->members[index];
}

const struct hufu_json_member *hufu_json_find(const struct hufu_json *json, const char *name)
{
    for (size_t i = 0; i < json->count; i++)
        if (strcmp(json->members[i].name, name) == 0)
            return &json->members[i];
    return NULL;
}

static int append(const char *text, size_t len, void *buf)
{
    hufu_buf_add(buf, text, len);
    return 0;
}

enum hufu_status hufu_json_write(const struct hufu_json_pair *pairs, size_t count,
                                 struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(free_object) json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        if (pairs[i].text && json_object_set_new(object, pairs[i].name, json_string(pairs[i].text)))
            return hufu_fail(err, HUFU_E_CONVERSION, "answer is not UTF-8");
    if (json_dump_callback(object, append, ret_text, JSON_COMPACT | JSON_ENSURE_ASCII) ||
        ret_text->failed)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "answer too long");
    return HUFU_OK;
}
