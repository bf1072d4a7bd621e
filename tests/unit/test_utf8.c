#include "bytes.h"

#include "wire/utf8.h"

static bool is_character(uint32_t code)
{
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

static void goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x1FFFFF; code++) {
        uint8_t bytes[HUFU_UTF8_BYTES_MAX];
        uint32_t again = 0;
        size_t len = hufu_utf8_encode(code, bytes);
        size_t read = hufu_utf8_decode(hufu_bytes_of(bytes, len), &again);
        assert_int_equal(read, is_character(code) ? len : 0);
        assert_int_equal(again, read ? code : 0);
        assert_int_equal(hufu_utf8_decode(hufu_bytes_of(bytes, len - 1), &again), 0);
        assert_int_equal(hufu_utf8_is_text(hufu_bytes_of(bytes, len)), code && read);
    }
}

struct character {
    struct hufu_bytes bytes;
    bool good;
};
#define CHARACTER(literal, is_good)                                                                \
    {                                                                                              \
        {(const uint8_t *)(literal), sizeof(literal) - 1}, (is_good)                               \
    }

static const struct character characters[] = {
    CHARACTER("a", true),
    CHARACTER("\x01", true),
    CHARACTER("\x7f", true),
    CHARACTER("\xc2\x80", true),
    CHARACTER("登", true),
    CHARACTER("𠮷", true),
    CHARACTER("\xef\xbf\xbf", true),
    CHARACTER("\xf4\x8f\xbf\xbf", true),
    CHARACTER("\0", false),
    CHARACTER("\x80", false),
    CHARACTER("\xbf", false),
    CHARACTER("\xc1\xbf", false),         /* overlong */
    CHARACTER("\xe0\x9f\xbf", false),     /* overlong */
    CHARACTER("\xf0\x8f\xbf\xbf", false), /* overlong */
    CHARACTER("\xed\xa0\x80", false),     /* a surrogate */
    CHARACTER("\xf4\x90\x80\x80", false), /* above U+10FFFF */
    CHARACTER("\xf5\x80\x80\x80", false),
    CHARACTER("\xff", false),
    CHARACTER("\xc2", false), /* cut */
    CHARACTER("\xe7\x99", false),
    CHARACTER("\xf0\xa0\xae", false),
};

/* In texts of every length around the eight bytes that are looked at together. */
static void judges_every_place(void **state)
{
    (void)state;
    enum { LENGTH_MAX = 20 };
    for (size_t i = 0; i < COUNT(characters); i++)
        for (size_t len = 0; len <= LENGTH_MAX; len++)
            for (size_t at = 0; at <= len; at++) {
                HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
                HUFU_AUTO(hufu_free) char *around = repeat('x', LENGTH_MAX);
                hufu_buf_add(&text, around, at);
                hufu_buf_add(&text, characters[i].bytes.data, characters[i].bytes.len);
                hufu_buf_add(&text, around, len - at);
                HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text.data, text.len);
                assert_int_equal(hufu_utf8_is_text(hufu_bytes_of(copy, text.len)),
                                 characters[i].good);
            }
    assert_true(hufu_utf8_is_text(hufu_bytes_of(NULL, 0)));
}

static void finds_no_character_in_nothing(void **state)
{
    (void)state;
    uint32_t code = 1;
    assert_int_equal(hufu_utf8_decode(hufu_bytes_of(NULL, 0), &code), 0);
    assert_int_equal(code, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_there_and_back),
        cmocka_unit_test(judges_every_place),
        cmocka_unit_test(finds_no_character_in_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
