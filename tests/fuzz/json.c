#include "wire/json.h"

#include "fuzz.h"

#include <jansson.h>
#include <stdio.h>

HUFU_DEFINE_AUTO(struct hufu_json *, hufu_json_free)
HUFU_DEFINE_AUTO(json_t *, json_decref)

/* --- the judge --- */

static bool is_flat(json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    if (!json_is_object(object) || json_object_size(object) > HUFU_JSON_MEMBERS_MAX)
        return false;
    json_object_foreach (object, name, value)
        if (json_is_object(value) || json_is_array(value))
            return false;
    return true;
}

/* NULL when the text is not one flat object. */
static json_t *judge(const uint8_t *data, size_t len)
{
    HUFU_AUTO(json_decref_auto)
    json_t *object = len && memchr(data, 0, len) /* after a number jansson skips it */
                         ? NULL
                         : json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
    return is_flat(object) ? HUFU_TAKE(object) : NULL;
}

static void require_member(const struct hufu_json_member *member, const json_t *value)
{
    char number[64] = "";
    const char *text = json_is_string(value)    ? json_string_value(value)
                       : json_is_boolean(value) ? (json_is_true(value) ? "true" : "false")
                                                : number;
    if (json_is_integer(value))
        snprintf(number, sizeof number, "%lld", json_integer_value(value));
    if (json_is_real(value))
        snprintf(number, sizeof number, "%.15g", json_real_value(value));
    require(strcmp(member->text, text) == 0);
    require((member->type == HUFU_JSON_TEXT) == json_is_string(value));
    require((member->type == HUFU_JSON_NUMBER) == json_is_number(value));
    require((member->type == HUFU_JSON_BOOLEAN) == json_is_boolean(value));
    require((member->type == HUFU_JSON_NULL) == json_is_null(value));
}

/* jansson takes and refuses the same, and reads the same in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = NULL;
    HUFU_AUTO(hufu_free) uint8_t *copy = fuzz_copy(data, len);
    HUFU_AUTO(json_decref_auto) json_t *judged = judge(copy, len);
    enum hufu_status status = hufu_json_parse(hufu_bytes_of(copy, len), &json, NULL);
    require(status == (judged ? HUFU_OK : HUFU_E_REQUEST));
    if (!judged)
        return 0;
    const char *name = NULL;
    json_t *value = NULL;
    size_t count = 0;
    require(hufu_json_count(json) == json_object_size(judged));
    json_object_foreach (judged, name, value) {
        const struct hufu_json_member *member = hufu_json_at(json, count++);
        require(hufu_json_find(json, name) == member && strcmp(member->name, name) == 0);
        require_member(member, value);
    }
    return 0;
}
