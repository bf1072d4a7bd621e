#include "wire/json.h"

#include "fuzz.h"

HUFU_DEFINE_AUTO(struct hufu_json *, hufu_json_free)

static void require_same(const struct hufu_json *json, const struct hufu_json *again)
{
    require(hufu_json_count(json) == hufu_json_count(again));
    for (size_t i = 0; i < hufu_json_count(json); i++) {
        const struct hufu_json_member *member = hufu_json_at(json, i);
        require(hufu_json_find(json, member->name) == member);
        require(strcmp(member->name, hufu_json_at(again, i)->name) == 0);
        require(strcmp(member->text, hufu_json_at(again, i)->text) == 0);
    }
}

/* What was read can be written, all as text, and reads the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hufu_json_pair pairs[HUFU_JSON_MEMBERS_MAX];
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = NULL;
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *again = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 8 * FUZZ_BYTES_MAX};
    if (hufu_json_parse(hufu_bytes_of(data, len), &json, NULL) != HUFU_OK)
        return 0;
    size_t count = hufu_json_count(json);
    require(count <= HUFU_JSON_MEMBERS_MAX);
    for (size_t i = 0; i < count; i++)
        pairs[i] =
            (struct hufu_json_pair){hufu_json_at(json, i)->name, hufu_json_at(json, i)->text};
    require(hufu_json_write(pairs, count, &text, NULL) == HUFU_OK);
    require(!memchr(text.data, '\n', text.len));
    require(hufu_json_parse(hufu_buf_bytes(&text), &again, NULL) == HUFU_OK);
    require_same(json, again);
    return 0;
}
