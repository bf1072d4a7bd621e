#include "bytes.h"

#include "trust/policy_json.h"

static const char *const origins[] = {"https://portal.example.tw", "http://b.tw",
                                      "https://c.tw:8443", "https://[::1]:1"};
static const struct hufu_policy_sites one = {.origins = origins, .count = 1};
static const struct hufu_policy_sites all = {.origins = origins, .count = COUNT(origins)};

static void has(const struct hufu_buf *text, const char *part)
{
    if (!strstr(hufu_buf_text(text), part))
        fail_msg("no %s in %s", part, hufu_buf_text(text));
}

static void chromium_gets_exact_origins(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    assert_true(hufu_policy_chromium(&all, false, &text));
    has(&text, "\"LocalNetworkAccessAllowedForUrls\": [\n    \"https://portal.example.tw:443\",\n"
               "    \"http://b.tw:80\",\n    \"https://c.tw:8443\",\n    \"https://[::1]:1\"\n  ]");
    has(&text, "\"LoopbackNetworkAllowedForUrls\": [");
    has(&text, "\"PopupsAllowedForUrls\": [");
    assert_null(strstr(hufu_buf_text(&text), "Merge"));
}

static void chromium_joins_lists_when_told(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    assert_true(hufu_policy_chromium(&one, true, &text));
    struct hufu_policy_other other = hufu_policy_look(hufu_buf_bytes(&text));
    assert_true(other.sets && other.merges && !other.narrows);
}

static const struct look {
    const char *text;
    struct hufu_policy_other other;
} looks[] = {
    {"", {0}},
    {"{}", {0}},
    {"{\"HomepageLocation\": \"https://x.tw\"}", {0}},
    {"{\"PopupsAllowedForUrls\": []}", {.sets = true}},
    {"// why\n{\"PopupsAllowedForUrls\": [],}", {.sets = true}},
    {"{\"PolicyListMultipleSourceMergeList\": [\"*\"]}", {.merges = true}},
    {"{\"PolicyListMultipleSourceMergeList\": [\"PopupsAllowedForUrls\"]}",
     {.sets = true, .narrows = true}},
    {"{\"PolicyListMultipleSourceMergeList\": \"*\"}", {.narrows = true}},
    {"// why\n{\"PolicyListMultipleSourceMergeList\": [\"*\"]}", {.narrows = true}},
};

static void looks_at_other_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(looks); i++) {
        struct hufu_policy_other other = hufu_policy_look(bytes_of_text(looks[i].text));
        if (other.sets != looks[i].other.sets || other.merges != looks[i].other.merges ||
            other.narrows != looks[i].other.narrows)
            fail_msg("%s", looks[i].text);
    }
}

static void firefox_gets_a_file_of_its_own(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    assert_true(hufu_policy_firefox_add(BYTES(""), &all, &text));
    has(&text, "\"SkipDomains\": [\n        \"portal.example.tw\",\n        \"b.tw\",\n"
               "        \"c.tw\",\n        \"::1\"\n");
    has(&text, "\"Allow\": [\n        \"https://portal.example.tw\",");
    has(&text, "\"Install\": [\n        \"hufu.der\",\n        \"hufu-next.der\"\n");
    assert_true(hufu_policy_firefox_names_certificates(hufu_buf_bytes(&text)));
}

/* What is added to each comes out again and leaves it as it was. */
static const char *const bases[] = {
    "{}\n",
    "{\n  \"policies\": {}\n}\n",
    "{\n  \"policies\": {\n    \"PopupBlocking\": {\n      \"Allow\": [],\n      \"Default\": "
    "false\n"
    "    }\n  },\n  \"more\": [\n    1,\n    {\n      \"a\": null\n    }\n  ]\n}\n",
    "{\n  \"policies\": {\n    \"PopupBlocking\": {\n      \"Allow\": [\n        "
    "\"https://x.tw\",\n"
    "        \"https://portal.example.tw\"\n      ]\n    },\n    \"Certificates\": {\n"
    "      \"Install\": [\n        7\n      ]\n    }\n  }\n}\n",
    "{\n  \"policies\": {\n    \"Homepage\": {\n      \"URL\": \"https://中.tw/\"\n    }\n  }\n}\n",
};

static void firefox_gives_back_what_it_got(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bases); i++) {
        struct hufu_bytes base = bytes_of_text(bases[i]);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf back = {.max = 10000};
        assert_true(hufu_policy_firefox_add(base, &all, &text));
        assert_true(hufu_policy_firefox_names_certificates(hufu_buf_bytes(&text)));
        assert_true(
            hufu_policy_firefox_take(hufu_buf_bytes(&text), hufu_buf_bytes(&text), base, &back));
        assert_string_equal(hufu_buf_text(&back), bases[i]);
    }
}

static void firefox_takes_its_own_out_of_a_changed_file(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf back = {.max = 10000};
    assert_true(hufu_policy_firefox_add(BYTES("{\"policies\":{\"A\":1}}"), &one, &text));
    assert_true(hufu_policy_firefox_take(
        BYTES("{\"policies\":{\"B\":2,\"PopupBlocking\":{\"Allow\":[\"https://portal.example.tw\","
              "\"https://new.tw\"]},\"LocalNetworkAccess\":{\"SkipDomains\":[\"portal.example.tw\"]"
              "}, \"Certificates\":\"odd\"}}"),
        hufu_buf_bytes(&text), BYTES("{\"policies\":{\"A\":1}}"), &back));
    assert_string_equal(hufu_buf_text(&back),
                        "{\n  \"policies\": {\n    \"B\": 2,\n    \"PopupBlocking\": {\n"
                        "      \"Allow\": [\n        \"https://new.tw\"\n      ]\n    },\n"
                        "    \"Certificates\": \"odd\"\n  }\n}\n");
}

static void nothing_is_left_of_a_file_of_hufu(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf back = {.max = 10000};
    assert_true(hufu_policy_firefox_add(BYTES(""), &all, &text));
    assert_true(
        hufu_policy_firefox_take(hufu_buf_bytes(&text), hufu_buf_bytes(&text), BYTES(""), &back));
    assert_int_equal(back.len, 0);
}

static void a_file_that_has_it_all_is_left_as_it_is(void **state)
{
    (void)state;
    static const char base[] = "{ \"policies\" : {\"PopupBlocking\":{\"Allow\":[\"https://"
                               "portal.example.tw\"]},\"LocalNetworkAccess\":{\"SkipDomains\":["
                               "\"portal.example.tw\"]},\"Certificates\":{\"Install\":["
                               "\"hufu.der\",\"hufu-next.der\"]}}}";
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    assert_true(hufu_policy_firefox_add(BYTES(base), &one, &text));
    assert_string_equal(hufu_buf_text(&text), base);
}

static const struct hufu_bytes broken[] = {
    {(const uint8_t *)"{", 1},
    {(const uint8_t *)"[]", 2},
    {(const uint8_t *)"{\"a\":1\0}", 8},
    {(const uint8_t *)"{\"a\":1,\"a\":2}", 13},
    {(const uint8_t *)"{\"policies\":[]}", 15},
    {(const uint8_t *)"{\"policies\":{\"PopupBlocking\":1}}", 32},
    {(const uint8_t *)"{\"policies\":{\"PopupBlocking\":{\"Allow\":{}}}}", 43},
    {(const uint8_t *)"{\"\xff\":1}", 7},
    {(const uint8_t *)"\xef\xbb\xbf{}", 5},
    {(const uint8_t *)"{} {}", 5},
    {(const uint8_t *)" ", 1},
};

static void what_is_no_policy_file_is_not_touched(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
        if (hufu_policy_firefox_add(broken[i], &one, &text) || text.len)
            fail_msg("%zu", i);
        assert_false(hufu_policy_firefox_names_certificates(broken[i]));
    }
}

static void stops_at_the_maximum(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    assert_true(hufu_policy_chromium(&one, false, &text));
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = text.len};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = text.len - 1};
    assert_true(hufu_policy_chromium(&one, false, &exact));
    assert_false(hufu_policy_chromium(&one, false, &small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chromium_gets_exact_origins),
        cmocka_unit_test(chromium_joins_lists_when_told),
        cmocka_unit_test(looks_at_other_files),
        cmocka_unit_test(firefox_gets_a_file_of_its_own),
        cmocka_unit_test(firefox_gives_back_what_it_got),
        cmocka_unit_test(firefox_takes_its_own_out_of_a_changed_file),
        cmocka_unit_test(nothing_is_left_of_a_file_of_hufu),
        cmocka_unit_test(a_file_that_has_it_all_is_left_as_it_is),
        cmocka_unit_test(what_is_no_policy_file_is_not_touched),
        cmocka_unit_test(stops_at_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
