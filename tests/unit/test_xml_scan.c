#include "bytes.h"

#include "xml/scan.h"

/* --- tokens --- */

static void assert_tokens(const char *text, const char *expected)
{
    static const char letters[] = {
        [HUFU_XML_END_OF_TEXT] = '.', [HUFU_XML_TEXT] = 't',  [HUFU_XML_OTHER] = 'o',
        [HUFU_XML_START] = 's',       [HUFU_XML_EMPTY] = 'e', [HUFU_XML_END] = 'x',
        [HUFU_XML_BROKEN] = '!',
    };
    HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text, strlen(text));
    struct hufu_xml_scanner scanner = {.text = hufu_bytes_of(copy, strlen(text))};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf found = {.max = 100};
    size_t at = 0;
    for (char last = 0; last != '.' && last != '!';) {
        last = letters[hufu_xml_scan(&scanner)];
        hufu_buf_add_u8(&found, (uint8_t)last);
        assert_int_equal(scanner.first, at); /* nothing between two tokens */
        at = scanner.end;
    }
    assert_string_equal(hufu_buf_text(&found), expected);
}

static void finds_markup(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", "."},
        {"a", "t."},
        {"<a/>", "e."},
        {"<a>b</a >", "stx."},
        {"<?xml version='1.0'?>\n<a b='>' c=\"'/>\"><!-- <d> -- ]]> --></a>", "otsox."},
        {"<a><![CDATA[<b>]] > -->]]></a>", "sox."},
        {"<a><?b <c?d>?></a>", "sox."},
        {"<a\n/>", "e."},
        {"<a b='/'>", "s."},
        {"<!DOCTYPE a>", "!"},
        {"<a><!ELEMENT b></a>", "s!"},
        {"<a", "!"},
        {"<a b='>", "!"},
        {"<a <b>", "!"},
        {"<!--", "!"},
        {"<!-->", "!"},
        {"<!--->", "!"},
        {"<![CDATA[]>", "!"},
        {"<?", "!"},
        {"<?>", "!"},
        {"</a", "!"},
        {"<", "!"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_tokens(rows[i][0], rows[i][1]);
}

static void counts_attributes(void **state)
{
    (void)state;
    struct hufu_xml_scanner scanner = {
        .text = BYTES("<a b='c=d' xmlns = \"e\" xmlns:f='=g' x='xmlns='\txmlnsh=''/>")};
    assert_int_equal(hufu_xml_scan(&scanner), HUFU_XML_EMPTY);
    assert_int_equal(scanner.attributes, 5);
    assert_int_equal(scanner.namespaces, 3); /* one too many does no harm */
}

/* --- limits --- */

/* `count` times `part`, which may have a %zu, between `before` and `after`. */
static bool is_taken(const char *before, const char *part, size_t count, const char *after)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 32 * 1024 * 1024};
    hufu_buf_add_text(&text, before);
    for (size_t i = 0; i < count; i++) {
        const char *number = strstr(part, "%zu");
        hufu_buf_add(&text, part, number ? (size_t)(number - part) : strlen(part));
        if (number)
            hufu_buf_printf(&text, "%zu%s", i, number + strlen("%zu"));
    }
    hufu_buf_add_text(&text, after);
    assert_false(text.failed);
    return hufu_xml_check_limits(hufu_buf_bytes(&text), NULL) == HUFU_OK;
}

static void takes_what_is_within_the_limits(void **state)
{
    (void)state;
    assert_true(is_taken("", "<a>", HUFU_XML_DEPTH_MAX, ""));
    assert_false(is_taken("", "<a>", HUFU_XML_DEPTH_MAX + 1, ""));
    assert_false(is_taken("", "<a>", HUFU_XML_DEPTH_MAX, "<b/>"));
    assert_true(is_taken("<a>", "<b></b>", HUFU_XML_DEPTH_MAX + 1, "</a>"));
    assert_true(is_taken("<a", " b%zu=''", HUFU_XML_ATTRIBUTES_MAX, "/>"));
    assert_false(is_taken("<a", " b%zu=''", HUFU_XML_ATTRIBUTES_MAX + 1, "/>"));
    assert_true(is_taken("<a", " xmlns:b%zu=''", HUFU_XML_NAMESPACES_MAX, "><c/></a>"));
    assert_false(is_taken("<a", " xmlns:b%zu=''", HUFU_XML_NAMESPACES_MAX, "><c xmlns=''/></a>"));
    assert_true(is_taken("<a>", "<b xmlns=''></b>", HUFU_XML_NAMESPACES_MAX + 1, "</a>"));
    assert_true(is_taken("", "<a/>", HUFU_XML_NODES_MAX, ""));
    assert_false(is_taken("", "<a/>", HUFU_XML_NODES_MAX + 1, ""));
    assert_false(is_taken("<a>", "<?b?>", HUFU_XML_NODES_MAX, ""));
    assert_false(is_taken("<a>", "<b c=''/>", HUFU_XML_NODES_MAX / 2, "</a>"));
}

static void refuses_what_is_no_document(void **state)
{
    (void)state;
    const struct {
        struct hufu_bytes text;
        const char *detail;
    } rows[] = {
        {BYTES(""), "no text"},
        {BYTES("<a>\0</a>"), "no text"},
        {BYTES("<!DOCTYPE a><a/>"), "document type"},
        {BYTES("<a/></a>"), "an end without a start"},
        {BYTES("<a b"), "markup"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_error err = {0};
        assert_int_equal(hufu_xml_check_limits(rows[i].text, &err), HUFU_E_XML);
        assert_string_equal(err.detail, rows[i].detail);
    }
}

/* --- places --- */

static void puts_text_into_places(void **state)
{
    (void)state;
    static const char text[] = "<a><b/>x<n:c d='/>' >old</n:c\n><!--<b/>--><e f=\"g\"\n/>y</a>";
    struct hufu_xml_place places[] = {{.element = 1}, {.element = 2}, {.element = 3}};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf made = {.max = 1000};
    size_t at = 0;
    assert_true(hufu_xml_find_places(BYTES(text), places, COUNT(places)));
    for (size_t i = 0; i < COUNT(places); i++)
        at = hufu_xml_put(BYTES(text), at, &places[i], BYTES("new"), &made);
    hufu_buf_add_text(&made, text + at);
    assert_string_equal(
        hufu_buf_text(&made),
        "<a><b>new</b>x<n:c d='/>' >new</n:c\n><!--<b/>--><e f=\"g\"\n>new</e>y</a>");
}

static void a_place_that_is_not_there(void **state)
{
    (void)state;
    struct hufu_xml_place place = {.element = 2};
    assert_false(hufu_xml_find_places(BYTES("<a><b/></a>"), &place, 1));
    place.element = 1;
    assert_false(hufu_xml_find_places(BYTES("<a><b>"), &place, 1));
    assert_false(hufu_xml_find_places(BYTES("<a><!b>"), &place, 1));
}

static void finds_an_element(void **state)
{
    (void)state;
    static const char text[] = "<?x?><a><b><b/></b><c>d</c ></a><!-- -->";
    static const char *const elements[] = {"<a><b><b/></b><c>d</c ></a>", "<b><b/></b>", "<b/>",
                                           "<c>d</c >"};
    struct hufu_bytes found;
    for (size_t i = 0; i < COUNT(elements); i++) {
        assert_true(hufu_xml_find_element(BYTES(text), i, &found));
        assert_bytes(found, bytes_of_text(elements[i]));
    }
    assert_false(hufu_xml_find_element(BYTES(text), COUNT(elements), &found));
    assert_false(hufu_xml_find_element(BYTES("<a><b>"), 0, &found));
    assert_false(hufu_xml_find_element(BYTES("<a><!b>"), 0, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_markup),
        cmocka_unit_test(counts_attributes),
        cmocka_unit_test(takes_what_is_within_the_limits),
        cmocka_unit_test(refuses_what_is_no_document),
        cmocka_unit_test(puts_text_into_places),
        cmocka_unit_test(a_place_that_is_not_there),
        cmocka_unit_test(finds_an_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
