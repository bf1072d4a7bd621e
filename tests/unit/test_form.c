#include "bytes.h"

#include "wire/form.h"

struct field {
    const char *body;
    const char *value; /* NULL: refused */
};

static const struct field fields[] = {
    {"Parameter=abc", "abc"},
    {"Parameter=", ""},
    {"Parameter=a+b%2B=", "a+b%2B="},
    {"other=1&Parameter=abc", "abc"},
    {"Parameter=abc&other=1", "abc"},
    {"&&Parameter=abc&&", "abc"},
    {"Parameters=1&Parameter=abc&XParameter=2", "abc"},
    {"Parameter&Parameter=abc", "abc"},
    {"Parameter=abc&Parameter", "abc"},
    {"", NULL},
    {"&", NULL},
    {"Parameter", NULL},
    {"parameter=abc", NULL},
    {" Parameter=abc", NULL},
    {"Paramete=abc", NULL},
    {"%50arameter=abc", NULL},
    {"Parameter=a&Parameter=a", NULL},
    {"Parameter=&Parameter=", NULL},
};

static void finds_the_one_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        size_t len = strlen(fields[i].body);
        HUFU_AUTO(hufu_free) uint8_t *body = exact_copy(fields[i].body, len);
        struct hufu_bytes value = BYTES("untouched");
        enum hufu_status status =
            hufu_form_field(hufu_bytes_of(body, len), "Parameter", &value, NULL);
        assert_int_equal(status, fields[i].value ? HUFU_OK : HUFU_E_REQUEST);
        assert_bytes(value, fields[i].value ? bytes_of_text(fields[i].value) : BYTES("untouched"));
    }
}

static void decodes_escapes(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
    assert_int_equal(hufu_percent_decode(BYTES("a%2Bb%2f+%3D%00%fF%25"), &data, NULL), HUFU_OK);
    assert_bytes(hufu_buf_bytes(&data), BYTES("a+b/+=\0\xff%"));
}

static void refuses_broken_escapes(void **state)
{
    (void)state;
    static const char *const broken[] = {"%",   "%2",  "a%",  "a%2", "%%",     "%g0",
                                         "%0g", "%-1", "% 1", "%0x", "%u0041", "%2%42"};
    for (size_t i = 0; i < COUNT(broken); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
        size_t len = strlen(broken[i]);
        HUFU_AUTO(hufu_free) uint8_t *text = exact_copy(broken[i], len);
        assert_int_equal(hufu_percent_decode(hufu_bytes_of(text, len), &data, NULL),
                         HUFU_E_REQUEST);
    }
}

/* A cut escape counts as a whole one when room is made; the sanitizer looks at the end of it. */
static void refuses_an_escape_that_is_cut(void **state)
{
    (void)state;
    for (size_t len = 2; len < 300; len++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 1000};
        HUFU_AUTO(hufu_free) char *text = repeat('x', len);
        text[len - 1] = text[len - 2] = '%';
        assert_int_equal(hufu_percent_decode(bytes_of_text(text), &data, NULL), HUFU_E_REQUEST);
    }
}

static void decodes_escapes_wherever_they_stand(void **state)
{
    (void)state;
    enum { LENGTH = 12 };
    static const char *const good[][2] = {{"%2B", "+"}, {"%25%3d", "%="}, {"+", "+"}};
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t at = 0; at <= LENGTH; at++) {
            HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
            HUFU_AUTO(hufu_buf_done) struct hufu_buf expected = {.max = 100};
            HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = 100};
            HUFU_AUTO(hufu_free) char *around = repeat('x', LENGTH);
            hufu_buf_printf(&text, "%.*s%s%s", (int)at, around, good[i][0], around + at);
            hufu_buf_printf(&expected, "%.*s%s%s", (int)at, around, good[i][1], around + at);
            HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text.data, text.len);
            assert_int_equal(hufu_percent_decode(hufu_bytes_of(copy, text.len), &data, NULL),
                             HUFU_OK);
            assert_bytes(hufu_buf_bytes(&data), hufu_buf_bytes(&expected));
        }
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = 3};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = 2};
    assert_int_equal(hufu_percent_decode(BYTES("a%62c"), &exact, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&exact), "abc");
    assert_int_equal(hufu_percent_decode(BYTES("a%62c"), &small, NULL), HUFU_E_REQUEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_one_field),
        cmocka_unit_test(decodes_escapes),
        cmocka_unit_test(refuses_broken_escapes),
        cmocka_unit_test(refuses_an_escape_that_is_cut),
        cmocka_unit_test(decodes_escapes_wherever_they_stand),
        cmocka_unit_test(refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
