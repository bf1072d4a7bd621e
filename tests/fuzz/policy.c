#include "trust/policy_json.h"

#include "fuzz.h"

static const char *const origins[] = {"https://portal.example.tw", "https://b.tw:8443"};
static const struct hufu_policy_sites sites = {.origins = origins, .count = 2};

/* The policies as hufu prints them; false when deep nesting makes that too long. */
static bool print_all(struct hufu_bytes text, struct hufu_buf *ret_text)
{
    return hufu_policy_firefox_take(text, text, text, ret_text);
}

static void require_same(const struct hufu_buf *one, const struct hufu_buf *other)
{
    require(strcmp(hufu_buf_text(one), hufu_buf_text(other)) == 0);
}

/* The input is an administrator's policies.json: what hufu adds comes out again and leaves what was
 * there; adding it twice is adding it once. As a file of Chromium's it is only looked at. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { ROOM = 32 * FUZZ_BYTES_MAX };
    struct hufu_bytes base = hufu_bytes_of(data, len);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = ROOM};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = ROOM};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf before = {.max = ROOM};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf after = {.max = ROOM};
    struct hufu_policy_other other = hufu_policy_look(base);
    require(!(other.merges && other.narrows));
    if (!len || !hufu_policy_firefox_add(base, &sites, &text))
        return 0;
    require(hufu_policy_firefox_names_certificates(hufu_buf_bytes(&text)));
    require(hufu_policy_firefox_add(hufu_buf_bytes(&text), &sites, &again));
    require_same(&text, &again);
    if (!print_all(base, &before))
        return 0;
    require(hufu_policy_firefox_take(hufu_buf_bytes(&text), hufu_buf_bytes(&text), base, &after));
    require_same(&before, &after);
    return 0;
}
