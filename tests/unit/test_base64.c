#include "bytes.h"

#include "wire/base64.h"

struct pair {
    struct hufu_bytes data;
    const char *text;
};

#define PAIR(literal, encoded)                                                                     \
    {                                                                                              \
        .data = {(const uint8_t *)(literal), sizeof(literal) - 1}, .text = (encoded)               \
    }

static const struct pair pairs[] = {
    /* RFC 4648 §10 */
    PAIR("", ""),
    PAIR("f", "Zg=="),
    PAIR("fo", "Zm8="),
    PAIR("foo", "Zm9v"),
    PAIR("foob", "Zm9vYg=="),
    PAIR("fooba", "Zm9vYmE="),
    PAIR("foobar", "Zm9vYmFy"),
    /* the ends of the alphabet, and bytes that are no text */
    PAIR("\0", "AA=="),
    PAIR("\xff\xff\xff", "////"),
    PAIR("\xfb\xef\xbe", "++++"),
    PAIR("登入", "55m75YWl"),
};

static void encodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        hufu_base64_encode(pairs[i].data, &text);
        assert_string_equal(hufu_buf_text(&text), pairs[i].text);
    }
}

static void decodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
        assert_int_equal(hufu_base64_decode(bytes_of_text(pairs[i].text), &data, NULL), HUFU_OK);
        assert_bytes(hufu_buf_bytes(&data), pairs[i].data);
    }
}

static void decodes_where_the_text_stands(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        hufu_buf_add_text(&text, pairs[i].text);
        assert_int_equal(hufu_base64_decode_in_place(&text, NULL), HUFU_OK);
        assert_bytes(hufu_buf_bytes(&text), pairs[i].data);
        assert_int_equal(hufu_buf_text(&text)[text.len], 0);
        for (size_t at = text.len; at < strlen(pairs[i].text); at++)
            assert_int_equal(text.data[at], 0); /* nothing of the text is left */
    }
    HUFU_AUTO(hufu_buf_done) struct hufu_buf none = {.max = 0};
    assert_int_equal(hufu_base64_decode_in_place(&none, NULL), HUFU_OK);
    assert_int_equal(none.len, 0);
}

static void decodes_lines(void **state)
{
    (void)state;
    static const char *const good[] = {"Zm9vYmE=",      "Zm9v\nYmE=",     "Zm9v\r\nYmE=\r\n",
                                       " Zm9v\tYmE = ", "\n\nZ\nm9vYmE=", "Zm9vYmE=\n\n"};
    static const char *const bad[] = {"Zm9vYmE", "Zm9vYmE=\n=", "Zm9vYm\v==", "Zm9v-",
                                      "Zm9v\nYmF="};
    for (size_t i = 0; i < COUNT(good); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 5};
        assert_int_equal(hufu_base64_decode_lines(bytes_of_text(good[i]), &data, NULL), HUFU_OK);
        assert_bytes(hufu_buf_bytes(&data), BYTES("fooba"));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
        assert_int_equal(hufu_base64_decode_lines(bytes_of_text(bad[i]), &data, NULL),
                         HUFU_E_BASE64);
    }
    HUFU_AUTO(hufu_buf_done) struct hufu_buf none = {.max = 0};
    assert_int_equal(hufu_base64_decode_lines(BYTES(""), &none, NULL), HUFU_OK);
    assert_int_equal(hufu_base64_decode_lines(BYTES("\r\n"), &none, NULL), HUFU_OK);
    assert_int_equal(none.len, 0);
    assert_int_equal(hufu_base64_decode_lines(BYTES("Zg==\n"), &none, NULL), HUFU_E_BASE64);
}

static void appends(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 100};
    hufu_base64_encode(BYTES("f"), &buf);
    hufu_base64_encode(BYTES("fo"), &buf);
    assert_string_equal(hufu_buf_text(&buf), "Zg==Zm8=");
    assert_int_equal(hufu_base64_decode(BYTES("Zm9v"), &buf, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&buf), "Zg==Zm8=foo");
}

static const char *const broken[] = {
    /* the wrong length, padding where it does not belong */
    "Z",
    "Zg",
    "Zg=",
    "Zm9vY",
    "=",
    "==",
    "===",
    "====",
    "Z===",
    "=Zg=",
    "Z=g=",
    "Zg==Zg==",
    "Zg=g",
    "Zm9v====",
    /* outside the alphabet */
    "Zm9v Zg=",
    "Zg==\n",
    "Zm9\n",
    "Zm-_",
    "Zm9.",
    "Zm9\x80",
    "%3D%3D%3D%3D",
    /* one bit after the last byte, each of those that there are */
    "Zh==",
    "Zi==",
    "Zk==",
    "Zo==",
    "Zm9=",
    "Zm+=",
};

static void refuses_everything_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
        struct hufu_error err = {0};
        assert_int_equal(hufu_base64_decode(bytes_of_text(broken[i]), &data, &err), HUFU_E_BASE64);
        assert_int_equal(err.status, HUFU_E_BASE64);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf place = {.max = 100};
        hufu_buf_add_text(&place, broken[i]);
        assert_int_equal(hufu_base64_decode_in_place(&place, NULL), HUFU_E_BASE64);
    }
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
    assert_int_equal(hufu_base64_decode(BYTES("Zm\0v"), &data, NULL), HUFU_E_BASE64);
}

/* Every length of bytes, and in its text every other byte at every place. */
static void judges_every_place(void **state)
{
    (void)state;
    enum { LENGTH_MAX = 13 };
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const uint8_t bytes[LENGTH_MAX] = {0x00, 0xff, 0x10, 0x83, 0x51, 0x87, 0x20,
                                              0x92, 0x8b, 0x30, 0xd3, 0x8f, 0x41};
    for (size_t len = 1; len <= LENGTH_MAX; len++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        hufu_base64_encode(hufu_bytes_of(bytes, len), &text);
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        size_t padding = (3 - len % 3) % 3;
        for (size_t at = 0; at < text.len; at++)
            for (unsigned c = 0; c < 256; c++) {
                HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
                HUFU_AUTO(hufu_buf_done) struct hufu_buf again = {.max = 100};
                HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text.data, text.len);
                bool same = copy[at] == c;
                copy[at] = (uint8_t)c;
                bool good =
                    hufu_base64_decode(hufu_bytes_of(copy, text.len), &data, NULL) == HUFU_OK;
                bool in_alphabet = c && strchr(alphabet, (int)c);
                if (at + 2 + padding < text.len) /* no place where padding or spare bits can be */
                    assert_int_equal(good, in_alphabet);
                HUFU_AUTO(hufu_buf_done) struct hufu_buf place = {.max = 100};
                hufu_buf_add(&place, copy, text.len);
                assert_int_equal(hufu_base64_decode_in_place(&place, NULL) == HUFU_OK, good);
                if (good)
                    assert_bytes(hufu_buf_bytes(&place), hufu_buf_bytes(&data));
                if (good)
                    hufu_base64_encode(hufu_buf_bytes(&data), &again);
                assert_true(good || !same);
                if (good)
                    assert_bytes(hufu_buf_bytes(&again), hufu_bytes_of(copy, text.len));
            }
    }
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = 4};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = 3};
    assert_int_equal(hufu_base64_decode(BYTES("Zm9vYg=="), &exact, NULL), HUFU_OK);
    assert_int_equal(hufu_base64_decode(BYTES("Zm9vYg=="), &small, NULL), HUFU_E_BASE64);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 7};
    hufu_base64_encode(BYTES("foob"), &text);
    assert_true(text.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes),
        cmocka_unit_test(decodes),
        cmocka_unit_test(decodes_where_the_text_stands),
        cmocka_unit_test(decodes_lines),
        cmocka_unit_test(appends),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(judges_every_place),
        cmocka_unit_test(refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
