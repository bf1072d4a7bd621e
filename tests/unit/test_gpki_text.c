/* Texts in code pages: base64 both ways, and the session's default. */
#include "bytes.h"

#include "component/component.h"

static enum hufu_status call(struct hufu_page *page, const char *function, const char *first,
                             const char *second, struct hufu_buf *ret_text)
{
    const char *const values[] = {first, second};
    const struct hufu_arguments arguments = {second ? 2 : first ? 1 : 0, values};
    hufu_buf_clear(ret_text);
    return hufu_component_call(page, "gpki", function, &arguments, ret_text, NULL);
}

struct row {
    const char *function;
    const char *text;
    const char *codepage;
    enum hufu_status status;
    const char *result;
};

#define ENCODE "GPKI_Base64Encode"
#define DECODE "GPKI_Base64Decode"

static const struct row rows[] = {
    {ENCODE, "登入", "MS950", HUFU_OK, "tW6kSg=="},
    {ENCODE, "登入", "65001", HUFU_OK, "55m75YWl"},
    {ENCODE, "登入", "", HUFU_OK, "55m75YWl"},
    {ENCODE, "登入", NULL, HUFU_OK, "55m75YWl"},
    {ENCODE, "登入", "null", HUFU_OK, "55m75YWl"},
    {ENCODE, "", "MS950", HUFU_OK, ""},
    {ENCODE, "undefined", "", HUFU_OK, "dW5kZWZpbmVk"}, /* a text like any other */
    {ENCODE, NULL, NULL, HUFU_E_PARAMETER, ""},
    {ENCODE, "𠮷", "MS950", HUFU_E_UNICODE, ""},
    {ENCODE, "x", "GBK", HUFU_E_PARAMETER, ""},
    {DECODE, "tW6kSg==", "MS950", HUFU_OK, "登入"},
    {DECODE, "tW6k\r\nSg==\n", "950", HUFU_OK, "登入"},
    {DECODE, "55m75YWl", "", HUFU_OK, "登入"},
    {DECODE, "", "MS950", HUFU_OK, ""},
    {DECODE, NULL, NULL, HUFU_E_PARAMETER, ""},
    {DECODE, "undefined", "", HUFU_E_BASE64, ""},
    {DECODE, "tW6kSg", "MS950", HUFU_E_BASE64, ""},
    {DECODE, "tW6kSg==AAAA", "MS950", HUFU_E_BASE64, ""},
    {DECODE, "tW6kSg==", "UTF-8", HUFU_E_UNICODE, ""},
    {DECODE, "tW6k", "MS950", HUFU_E_UNICODE, ""}, /* half a character */
    {DECODE, "YQBi", "UTF-8", HUFU_E_UNICODE, ""}, /* a NUL */
    {DECODE, "YQ==", "GBK", HUFU_E_PARAMETER, ""},
};

static void encodes_and_decodes(void **state)
{
    (void)state;
    struct hufu_page page = {.scopes = HUFU_SCOPES_ALL};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        assert_int_equal(call(&page, row->function, row->text, row->codepage, &text), row->status);
        assert_string_equal(hufu_buf_text(&text), row->result);
    }
}

static void a_session_has_a_default(void **state)
{
    (void)state;
    struct hufu_page page = {.scopes = HUFU_SCOPES_ALL};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    assert_int_equal(call(&page, "SetCodePage", "ms950", NULL, &text), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "0");
    assert_int_equal(call(&page, ENCODE, "登入", "", &text), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "tW6kSg==");
    assert_int_equal(call(&page, ENCODE, "登入", "UTF-8", &text), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "55m75YWl");
    assert_int_equal(call(&page, DECODE, "tW6kSg==", NULL, &text), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "登入");
    static const char *const unknown[] = {"GBK", "../MS950", NULL};
    for (size_t i = 0; i < COUNT(unknown); i++) {
        assert_int_equal(call(&page, "SetCodePage", unknown[i], NULL, &text), HUFU_E_PARAMETER);
        assert_string_equal(hufu_buf_text(&text), "5005");
        assert_string_equal(page.codepage, "MS950");
    }
    static const char *const none[] = {"", "undefined", "null"};
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(call(&page, "SetCodePage", "MS950", NULL, &text), HUFU_OK);
        assert_int_equal(call(&page, "SetCodePage", none[i], NULL, &text), HUFU_OK);
        assert_int_equal(call(&page, ENCODE, "登入", "", &text), HUFU_OK);
        assert_string_equal(hufu_buf_text(&text), "55m75YWl");
    }
}

static enum hufu_status set_words(struct hufu_page *page, const char *words)
{
    const char *const values[] = {"1", "2", words};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    return hufu_component_call(page, "gpki", "SetDialogString", &(struct hufu_arguments){3, values},
                               &text, NULL);
}

static void the_latest_words_of_a_page_count(void **state)
{
    (void)state;
    struct hufu_page page = {.scopes = HUFU_SCOPES_ALL};
    HUFU_AUTO(hufu_free) char *most = repeat('w', HUFU_WORDS_MAX);
    HUFU_AUTO(hufu_free) char *more = repeat('w', HUFU_WORDS_MAX + 1);
    assert_int_equal(set_words(&page, "申請書"), HUFU_OK);
    assert_string_equal(page.words, "申請書");
    assert_int_equal(set_words(&page, most), HUFU_OK);
    assert_string_equal(page.words, most);
    assert_int_equal(set_words(&page, more), HUFU_E_PARAMETER);
    assert_string_equal(page.words, most);
    assert_int_equal(set_words(&page, "undefined"), HUFU_OK);
    assert_string_equal(page.words, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_and_decodes),
        cmocka_unit_test(a_session_has_a_default),
        cmocka_unit_test(the_latest_words_of_a_page_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
