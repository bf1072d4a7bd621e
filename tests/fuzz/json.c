#include "wire/json.h"

#include "fuzz.h"

HUFU_DEFINE_AUTO(struct hufu_json *, hufu_json_free)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = NULL;
    if (hufu_json_parse(hufu_bytes_of(data, len), &json, NULL) != HUFU_OK)
        return 0;
    require(hufu_json_count(json) <= HUFU_JSON_MEMBERS_MAX);
    for (size_t i = 0; i < hufu_json_count(json); i++) {
        const struct hufu_json_member *member = hufu_json_at(json, i);
        require(member->text && hufu_json_find(json, member->name) == member);
    }
    return 0;
}
