#include "bytes.h"

#include "wire/codepage.h"

#include <iconv.h>

static const char challenge[] = "登入挑戰";
static const char challenge_big5[] = "\xb5\x6e\xa4\x4a\xac\x44\xbe\xd4";

struct row {
    const char *name;
    const char *text;
    const char *bytes; /* NULL: HUFU_E_UNICODE */
};

static const struct row rows[] = {
    {"MS950", challenge, challenge_big5},
    {"ms950", challenge, challenge_big5},
    {"CP950", challenge, challenge_big5},
    {"950", challenge, challenge_big5},
    {"BIG5", challenge, challenge_big5},
    {"UTF-8", challenge, challenge},
    {"utf8", challenge, challenge},
    {"65001", challenge, challenge},
    {"", challenge, challenge},
    {"MS950", "", ""},
    {"MS950", "A1234\r\n", "A1234\r\n"},
    {"MS950", "碁銹裏", "\xf9\xd6\xf9\xd7\xf9\xd8"}, /* Microsoft's own addition to Big5 */
    {"", "𠮷 堃", "𠮷 堃"},
    {"MS950", "𠮷", NULL},
    {"MS950", "王𠮷明", NULL},
    {"MS950", "é", NULL},
    {"", "\xff", NULL},
    {"", "\xc0\xaf", NULL},
    {"", "\xe7\x99", NULL},
    {"MS950", "\xe7\x99", NULL},
};

static void encodes_what_the_code_page_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
        enum hufu_status status = hufu_codepage_encode(rows[i].name, rows[i].text, &data, NULL);
        assert_int_equal(status, rows[i].bytes ? HUFU_OK : HUFU_E_UNICODE);
        if (rows[i].bytes)
            assert_string_equal(hufu_buf_text(&data), rows[i].bytes);
    }
}

static void knows_no_other_code_page(void **state)
{
    (void)state;
    static const char *const names[] = {"GBK",  "UTF-16", "MS950//TRANSLIT", "CP950//IGNORE", " ",
                                        "9500", "null",   "../MS950"};
    for (size_t i = 0; i < COUNT(names); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
        assert_int_equal(hufu_codepage_encode(names[i], "x", &data, NULL), HUFU_E_PARAMETER);
    }
}

static void decodes_what_it_encodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        if (!rows[i].bytes)
            continue;
        assert_int_equal(
            hufu_codepage_decode(rows[i].name, bytes_of_text(rows[i].bytes), &text, NULL), HUFU_OK);
        assert_string_equal(hufu_buf_text(&text), rows[i].text);
    }
}

static void decodes_nothing_else(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct hufu_bytes bytes;
        enum hufu_status status;
    } others[] = {
        {"MS950", {(const uint8_t *)"\xb5", 1}, HUFU_E_UNICODE},
        {"MS950", {(const uint8_t *)"\xb5\x20", 2}, HUFU_E_UNICODE},
        {"MS950", {(const uint8_t *)"\xff\xff", 2}, HUFU_E_UNICODE},
        {"MS950", {(const uint8_t *)"a\0b", 3}, HUFU_E_UNICODE},
        {"UTF-8", {(const uint8_t *)"a\0b", 3}, HUFU_E_UNICODE},
        {"UTF-8", {(const uint8_t *)"\xc0\xaf", 2}, HUFU_E_UNICODE},
        {"UTF-8", {(const uint8_t *)"\xed\xa0\x80", 3}, HUFU_E_UNICODE},
        {"", {(const uint8_t *)"\xb5\x6e", 2}, HUFU_E_UNICODE},
        {"GBK", {(const uint8_t *)"a", 1}, HUFU_E_PARAMETER},
        {"UTF-16BE", {(const uint8_t *)"\0a", 2}, HUFU_E_PARAMETER},
        {"UTF-8", {NULL, 0}, HUFU_OK},
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(others[i].bytes.data, others[i].bytes.len);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        assert_int_equal(hufu_codepage_decode(
                             others[i].name, hufu_bytes_of(copy, others[i].bytes.len), &text, NULL),
                         others[i].status);
    }
}

static void finds_names_in_their_own_spelling(void **state)
{
    (void)state;
    assert_string_equal(hufu_codepage_find("mS950"), "MS950");
    assert_string_equal(hufu_codepage_find("Utf-8"), "UTF-8");
    assert_string_equal(hufu_codepage_find(""), "");
    assert_null(hufu_codepage_find("GBK"));
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(strlen(hufu_codepage_find(rows[i].name)) <= HUFU_CODEPAGE_NAME_MAX);
}

static void encodes_long_texts(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 10000};
    hufu_buf_add_text(&text, "x"); /* so that a character straddles every block */
    for (int i = 0; i < 1000; i++)
        hufu_buf_add_text(&text, "登");
    assert_int_equal(hufu_codepage_encode("MS950", hufu_buf_text(&text), &data, NULL), HUFU_OK);
    assert_int_equal(data.len, 1 + 2 * 1000);
    for (size_t i = 1; i < data.len; i += 2)
        assert_memory_equal(data.data + i, "\xb5\x6e", 2);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = 8};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = 7};
    assert_int_equal(hufu_codepage_encode("MS950", challenge, &exact, NULL), HUFU_OK);
    assert_int_equal(hufu_codepage_encode("MS950", challenge, &small, NULL), HUFU_E_MEMORY);
}

static void utf8_of(uint32_t character, char ret_text[4])
{
    size_t at = 0;
    if (character < 0x800) {
        ret_text[at++] = (char)(0xc0 | character >> 6);
    } else {
        ret_text[at++] = (char)(0xe0 | character >> 12);
        ret_text[at++] = (char)(0x80 | (character >> 6 & 0x3f));
    }
    ret_text[at++] = (char)(0x80 | (character & 0x3f));
    ret_text[at] = 0;
}

/* What the site's server reads is what the person saw: every character comes back as itself. */
static void replaces_no_character(void **state)
{
    (void)state;
    unsigned known = 0;
    iconv_t back = iconv_open("UTF-8", "CP950");
    for (uint32_t character = 0x80; character <= 0xffff; character++) {
        char text[4];
        char read[16] = "";
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 16};
        if (character >= 0xd800 && character <= 0xf8ff) /* surrogates and private use */
            continue;
        utf8_of(character, text);
        if (hufu_codepage_encode("MS950", text, &data, NULL) != HUFU_OK)
            continue;
        char *in = (char *)data.data;
        char *out = read;
        size_t in_left = data.len;
        size_t out_left = sizeof read - 1;
        assert_int_equal(iconv(back, &in, &in_left, &out, &out_left), 0);
        assert_string_equal(read, text);
        known++;
    }
    iconv_close(back);
    assert_in_range(known, 13000, 14000); /* Big5 has 13,060 ideographs and some signs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_what_the_code_page_has),
        cmocka_unit_test(knows_no_other_code_page),
        cmocka_unit_test(decodes_what_it_encodes),
        cmocka_unit_test(decodes_nothing_else),
        cmocka_unit_test(finds_names_in_their_own_spelling),
        cmocka_unit_test(encodes_long_texts),
        cmocka_unit_test(refuses_what_does_not_fit),
        cmocka_unit_test(replaces_no_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
