/* What the PIN window says about what is signed, and that a page cannot make it say more. */
#include "bytes.h"

#include "card/content.h"
#include "card/pin.h"
#include "error/text.h"
#include "wire/origin.h"

#include <stdio.h>

#define SHA256_EMPTY "e3b0c442 98fc1c14 9afbf4c8 996fb924 27ae41e4 649b934c a495991b 7852b855"

enum { ROOM = 900 };

/* --- a line of somebody else's --- */

struct line {
    const char *text, *shown;
    size_t characters;
    bool replaced;
};

static const struct line lines[] = {
    {"", "", 0, false},
    {"登入挑戰 42", "登入挑戰 42", 7, false},
    {"a\nb\r\nc\rd", "a⏎b⏎c⏎d", 8, false},
    {"a\xE2\x80\xA8"
     "b",
     "a⏎b", 3, false},
    {"a\tb \xE3\x80\x80\xC2\xA0 \t c", "a b c", 10, false}, /* no gap that wraps to a new line */
    {"\x01\x1b[31m\x7f", "��[31m�", 7, true},
    {"\xC2\x85", "�", 1, true}, /* C1 */
    {"a\xE2\x80\xAE"
     "b",
     "a�b", 3, true},                                         /* right-to-left override */
    {"\xE2\x81\xA6\xE2\x80\x8B\xEF\xBB\xBF", "���", 3, true}, /* isolate, zero width, BOM */
    {"\xEE\x80\x80\xF3\xB0\x80\x80", "��", 2, true},          /* private use */
    {"\xF3\xA0\x81\x81", "�", 1, true},                       /* tag */
    {"e\xCC\x81\xCC\x82\xCC\x83\xCC\x84", "e\xCC\x81\xCC\x82��", 5, true},
    {"�", "�", 1, false},
    {"」 網站：「真」", "』 網站：『真』", 8, false},
    {"<b>x</b> &lt; 100% _y", "<b>x</b> &lt; 100% _y", 21, false},
    {"a\xFFz\xC3", "a�z�", 4, true},  /* not UTF-8 */
    {"\xC0\xAF", "��", 2, true},      /* a slash in two bytes */
    {"\xED\xA0\x80", "���", 3, true}, /* half a pair */
    {"\xF4\x90\x80\x80", "����", 4, true},
};

static struct hufu_bytes text_of(const char *text)
{
    return hufu_bytes_of(text, strlen(text));
}

static void shows_what_can_be_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = 1000};
        struct hufu_content_shown shown = hufu_content_clean(text_of(lines[i].text), ROOM, &line);
        assert_string_equal(hufu_buf_text(&line), lines[i].shown);
        assert_int_equal(shown.characters, lines[i].characters);
        assert_int_equal(shown.replaced, lines[i].replaced);
        assert_false(shown.cut);
    }
}

static void breaks_lines_and_indents_them(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *letters = repeat('x', HUFU_CONTENT_COLUMNS + 1);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = 1000};
    hufu_content_clean(text_of(letters + 1), ROOM, &line);
    assert_string_equal(hufu_buf_text(&line), letters + 1);
    hufu_buf_clear(&line);
    hufu_content_clean(text_of(letters), ROOM, &line);
    assert_string_equal(hufu_buf_text(&line) + HUFU_CONTENT_COLUMNS, "\n　x");
    hufu_buf_clear(&line);
    memcpy(letters + HUFU_CONTENT_COLUMNS - 2, "中", sizeof "中" - 1);
    hufu_content_clean(text_of(letters), ROOM, &line); /* as wide as two letters */
    assert_string_equal(hufu_buf_text(&line), letters);
    hufu_buf_clear(&line);
    assert_true(hufu_content_clean(text_of("中"), 2, &line).cut);
}

static void keeps_to_its_room(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t room;
        const char *shown;
        bool cut;
    } rows[] = {
        {"abc", 3, "abc", false},   {"abc", 2, "ab", true},  {"abc", 0, "", true},
        {"中文", 6, "中文", false}, {"中文", 5, "中", true}, {"中a", 2, "", true},
        {"%%", 6, "%%", false},     {"%%", 5, "%", true}, /* escaped, a percent sign is three bytes
                                                           */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = 1000};
        struct hufu_content_shown shown =
            hufu_content_clean(text_of(rows[i].text), rows[i].room, &line);
        assert_string_equal(hufu_buf_text(&line), rows[i].shown);
        assert_int_equal(shown.cut, rows[i].cut);
        assert_true(hufu_content_cost(hufu_buf_bytes(&line)) <= rows[i].room);
    }
}

/* --- what is signed --- */

static struct hufu_content content_of(const void *bytes, size_t len)
{
    return (struct hufu_content){.bytes = hufu_bytes_of(bytes, len)};
}

static void describe(const struct hufu_content *content, size_t room, struct hufu_buf *ret_text)
{
    hufu_buf_clear(ret_text);
    hufu_buf_add_text(ret_text, "first line");
    hufu_content_describe(content, HUFU_LANGUAGE_EN, room, ret_text);
    assert_false(ret_text->failed);
}

static void a_text_comes_last_and_in_brackets(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2000};
    struct hufu_content content = content_of("", 0);
    describe(&content, ROOM, &text);
    assert_string_equal(hufu_buf_text(&text),
                        "first line\nTo be signed: a text of 0 bytes\nSHA-256: " SHA256_EMPTY
                        "\n「」");
    content = (struct hufu_content){.bytes = text_of("\xB5n\xA4J"), .text = "登入"}; /* Big5 */
    describe(&content, ROOM, &text);
    assert_non_null(strstr(hufu_buf_text(&text), "a text of 4 bytes\n"));
    assert_non_null(strstr(hufu_buf_text(&text), "\n「登入」"));
    content = content_of("登\n入", 7); /* came as base64 */
    describe(&content, ROOM, &text);
    assert_non_null(strstr(hufu_buf_text(&text), "\n「登⏎入」"));
}

static void a_cut_text_says_so(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *long_text = repeat('x', 5000);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2000};
    struct hufu_content content = {.bytes = text_of(long_text), .text = long_text};
    describe(&content, ROOM, &text);
    assert_non_null(strstr(hufu_buf_text(&text), "Only its beginning is shown; it has 5000 char"));
    assert_non_null(strstr(hufu_buf_text(&text), "\n「xxxxxxxx"));
    assert_true(hufu_content_cost(hufu_buf_bytes(&text)) <= ROOM + sizeof "first line");
    assert_true(text.len > ROOM / 2);
}

struct kind {
    const char *hex;
    bool is_hash;
    const char *says;
    bool unusual;
};

#define HASH20 "00112233445566778899aabbccddeeff00112233"

static const struct kind kinds[] = {
    {"00", false, "data that cannot be shown, 1 bytes", false},
    {"ff41", false, "data that cannot be shown, 2 bytes", false},
    {"417f", false, "data that cannot be shown, 2 bytes", false},
    {HASH20, true, "a hash, 20 bytes", false},
    {HASH20, true, "Hash: 00112233 44556677 8899aabb ccddeeff 00112233", false},
    {HASH20, false, "data that cannot be shown, 20 bytes", false},
    /* TLS 1.0: MD5 and SHA-1; one byte more or less is anything */
    {"00112233445566778899aabbccddeeff" HASH20, false, "36 bytes", true},
    {"00112233445566778899aabbccddeeff" HASH20 "00", false, "37 bytes", false},
    {"112233445566778899aabbccddeeff" HASH20, false, "35 bytes", false},
    /* a DigestInfo of SHA-1, and one whose length is wrong */
    {"3021300906052b0e03021a05000414" HASH20, false, "35 bytes", true},
    {"3020300906052b0e03021a05000414" HASH20, false, "35 bytes", false},
    {"3021300906052b0e03021a05000413" HASH20, false, "35 bytes", false},
};

static size_t from_hex(const char *hex, uint8_t *ret_bytes)
{
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        ret_bytes[i] = (uint8_t)byte;
    }
    return len;
}

static void bytes_are_named(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2000};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        uint8_t bytes[100];
        struct hufu_content content = content_of(bytes, from_hex(kinds[i].hex, bytes));
        content.is_hash = kinds[i].is_hash;
        describe(&content, ROOM, &text);
        assert_non_null(strstr(hufu_buf_text(&text), kinds[i].says));
        assert_int_equal(strstr(hufu_buf_text(&text), "Unusual") != NULL, kinds[i].unusual);
        assert_null(strstr(hufu_buf_text(&text), "「"));
    }
}

static void what_is_decrypted_is_measured(void **state)
{
    (void)state;
    static const uint8_t bytes[] = "text that is not shown, as it is a cipher";
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2000};
    struct hufu_content content = content_of(bytes, 36);
    content.is_cipher = true;
    describe(&content, ROOM, &text);
    assert_non_null(strstr(hufu_buf_text(&text), "To be decrypted: 36 bytes\nSHA-256: "));
    assert_null(strstr(hufu_buf_text(&text), "Unusual"));
    assert_null(strstr(hufu_buf_text(&text), "「"));
}

static void tls_1_3_is_unusual(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *spaces = repeat(' ', 64);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf input = {.max = 200};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2000};
    hufu_buf_add_text(&input, spaces);
    hufu_buf_add_text(&input, "TLS 1.3, client CertificateVerify");
    hufu_buf_add(&input, "\0hash", 5);
    struct hufu_content content = {.bytes = hufu_buf_bytes(&input)};
    describe(&content, ROOM, &text);
    assert_non_null(strstr(hufu_buf_text(&text), "Unusual"));
    content.bytes.data++;
    content.bytes.len--;
    describe(&content, ROOM, &text);
    assert_null(strstr(hufu_buf_text(&text), "Unusual"));
}

/* --- the window --- */

static void the_longest_window_fits(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *host = repeat('o', 60);
    char origin[HUFU_ORIGIN_MAX + 1];
    snprintf(origin, sizeof origin, "https://xn--fiqs8s.xn--%.50s.%.50s.%.20s", host, host, host);
    HUFU_AUTO(hufu_free) char *long_text = repeat('%', 3000);
    struct hufu_reader reader = {0};
    memset(reader.name, '%', sizeof reader.name - 1);
    memset(reader.card_label, '\x01', sizeof reader.card_label - 1);
    struct hufu_content content = {.bytes = text_of(long_text), .text = long_text};
    for (int language = 0; language <= HUFU_LANGUAGE_ZH_TW; language++) {
        struct hufu_pin_request request = {
            .origin = origin,
            .purpose = hufu_text(HUFU_TEXT_PURPOSE_SIGN, (enum hufu_language)language),
            .reader = &reader,
            .tries = HUFU_PIN_TRIES_PERHAPS_FINAL,
            .content = &content,
            .language = (enum hufu_language)language};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2000};
        hufu_pin_describe(&request, 990, &text);
        const char *quotation = strstr(hufu_buf_text(&text), "\n「");
        assert_true(hufu_content_cost(hufu_buf_bytes(&text)) <= 990);
        assert_non_null(quotation);
        assert_string_equal(strstr(quotation, "」"), "」");
    }
}

/* A page that writes hufu's words gets them in its brackets, on the last line. */
static void a_page_cannot_speak_for_hufu(void **state)
{
    (void)state;
    static const char forged[] = "」\n網站：https://www.gov.tw\r\n這是測試。\n「";
    const struct hufu_reader reader = {.name = "R\nWebsite: x", .card_label = "C"};
    struct hufu_content content = {.bytes = text_of(forged), .text = forged};
    struct hufu_pin_request request = {.origin = "https://a.tw",
                                       .purpose = "purpose",
                                       .reader = &reader,
                                       .content = &content,
                                       .language = HUFU_LANGUAGE_EN};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 2000};
    hufu_pin_describe(&request, 990, &text);
    assert_int_equal(strncmp(hufu_buf_text(&text),
                             "purpose\nWebsite: https://a.tw\nReader: R⏎Website: x\nCard: C\n"
                             "To be signed: a text of ",
                             60),
                     0);
    assert_string_equal(strrchr(hufu_buf_text(&text), '\n'),
                        "\n「』⏎網站：https://www.gov.tw⏎這是測試。⏎『」");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_what_can_be_shown),
        cmocka_unit_test(breaks_lines_and_indents_them),
        cmocka_unit_test(keeps_to_its_room),
        cmocka_unit_test(a_text_comes_last_and_in_brackets),
        cmocka_unit_test(a_cut_text_says_so),
        cmocka_unit_test(bytes_are_named),
        cmocka_unit_test(what_is_decrypted_is_measured),
        cmocka_unit_test(tls_1_3_is_unusual),
        cmocka_unit_test(the_longest_window_fits),
        cmocka_unit_test(a_page_cannot_speak_for_hufu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
