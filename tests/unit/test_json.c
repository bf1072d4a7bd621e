#include "bytes.h"

#include "wire/json.h"

#include <malloc.h>
#include <stdio.h>

HUFU_DEFINE_AUTO(struct hufu_json *, hufu_json_free)

/* Linked in front of libc's: freed blocks are searched for a secret. */
void __real_free(void *block);
void __wrap_free(void *block);

static const char *secret;
static bool secret_leaked;

void __wrap_free(void *block)
{
    if (block && secret && memmem(block, malloc_usable_size(block), secret, strlen(secret)))
        secret_leaked = true;
    __real_free(block);
}

static struct hufu_json *parse(const char *text)
{
    struct hufu_json *json = NULL;
    struct hufu_error err = {0};
    size_t len = strlen(text);
    HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text, len);
    assert_int_equal(hufu_json_parse(hufu_bytes_of(copy, len), &json, &err), HUFU_OK);
    return json;
}

static void keeps_the_order(void **state)
{
    (void)state;
    static const char *const names[] = {"zulu", "alpha", "", "mike", "bravo", "登"};
    HUFU_AUTO(hufu_json_free_auto)
    struct hufu_json *json =
        parse(" {\"zulu\":\"1\",\"alpha\":\"2\",\"\":\"3\",\"mike\":\"4\",\"bravo\":\"5\","
              "\"\\u767b\":\"6\"}\n");
    assert_int_equal(hufu_json_count(json), COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct hufu_json_member *member = hufu_json_at(json, i);
        assert_string_equal(member->name, names[i]);
        assert_int_equal(member->text[0], '1' + (int)i);
        assert_ptr_equal(hufu_json_find(json, names[i]), member);
    }
    assert_null(hufu_json_find(json, "Zulu"));
}

struct value {
    const char *json;
    enum hufu_json_type type;
    const char *text;
};

static const struct value values[] = {
    {"\"\"", HUFU_JSON_TEXT, ""},
    {"\"123\"", HUFU_JSON_TEXT, "123"},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", HUFU_JSON_TEXT, "\"\\/\b\f\n\r\t"},
    {"\"\\ud842\\udfb7\"", HUFU_JSON_TEXT, "𠮷"},
    {"\"登入挑戰\"", HUFU_JSON_TEXT, "登入挑戰"},
    {"0", HUFU_JSON_NUMBER, "0"},
    {"49", HUFU_JSON_NUMBER, "49"},
    {"-7", HUFU_JSON_NUMBER, "-7"},
    {"9223372036854775807", HUFU_JSON_NUMBER, "9223372036854775807"},
    {"-9223372036854775808", HUFU_JSON_NUMBER, "-9223372036854775808"},
    {"1.5", HUFU_JSON_NUMBER, "1.5"},
    {"1e3", HUFU_JSON_NUMBER, "1000"},
    {"-1.7976931348623157e308", HUFU_JSON_NUMBER, "-1.79769313486232e+308"},
    {"true", HUFU_JSON_BOOLEAN, "true"},
    {"false", HUFU_JSON_BOOLEAN, "false"},
    {"null", HUFU_JSON_NULL, ""},
};

static void values_become_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        char text[100];
        snprintf(text, sizeof text, "{\"name\":%s}", values[i].json);
        HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = parse(text);
        assert_int_equal(hufu_json_at(json, 0)->type, values[i].type);
        assert_string_equal(hufu_json_at(json, 0)->text, values[i].text);
    }
}

static void may_be_empty(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = parse("{}");
    assert_int_equal(hufu_json_count(json), 0);
    assert_null(hufu_json_find(json, ""));
}

#define REFUSED(literal)                                                                           \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

static const struct hufu_bytes refused[] = {
    /* not one object */
    REFUSED(""),
    REFUSED(" "),
    REFUSED("[]"),
    REFUSED("1"),
    REFUSED("null"),
    REFUSED("\"text\""),
    REFUSED("{"),
    REFUSED("{\"a\"}"),
    REFUSED("{\"a\":}"),
    REFUSED("{\"a\":1,}"),
    REFUSED("{a:1}"),
    REFUSED("{'a':1}"),
    REFUSED("{\"a\":1 \"b\":2}"),
    REFUSED("\xef\xbb\xbf{}"),
    /* text after it */
    REFUSED("{}{}"),
    REFUSED("{} x"),
    REFUSED("{}\0"),
    REFUSED("{} //"),
    /* not flat */
    REFUSED("{\"a\":{}}"),
    REFUSED("{\"a\":[]}"),
    REFUSED("{\"a\":1,\"b\":{\"c\":2}}"),
    /* the same name twice, however it is written */
    REFUSED("{\"a\":1,\"a\":1}"),
    REFUSED("{\"a\":1,\"\\u0061\":2}"),
    /* NUL */
    REFUSED("{\"a\":\"\\u0000\"}"),
    REFUSED("{\"\\u0000\":1}"),
    REFUSED("{\"a\":\"\0\"}"),
    /* not UTF-8 */
    REFUSED("{\"a\":\"\xff\"}"),
    REFUSED("{\"a\":\"\xc0\xaf\"}"),
    REFUSED("{\"a\":\"\xed\xa0\x80\"}"),
    REFUSED("{\"a\":\"\xf4\x90\x80\x80\"}"),
    REFUSED("{\"a\":\"\xe7\x99\"}"),
    REFUSED("{\"\xff\":1}"),
    REFUSED("{\"a\":\"\\ud842\"}"),
    REFUSED("{\"a\":\"\\udfb7\\ud842\"}"),
    /* numbers that are none, or that no type holds */
    REFUSED("{\"a\":01}"),
    REFUSED("{\"a\":+1}"),
    REFUSED("{\"a\":.5}"),
    REFUSED("{\"a\":NaN}"),
    REFUSED("{\"a\":0x1}"),
    REFUSED("{\"a\":9223372036854775808}"),
    REFUSED("{\"a\":1e999}"),
    /* line breaks in a text */
    REFUSED("{\"a\":\"\n\"}"),
};

static void refuses_everything_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct hufu_json *json = NULL;
        struct hufu_error err = {0};
        HUFU_AUTO(hufu_free) uint8_t *text = exact_copy(refused[i].data, refused[i].len);
        assert_int_equal(hufu_json_parse(hufu_bytes_of(text, refused[i].len), &json, &err),
                         HUFU_E_REQUEST);
        assert_int_equal(err.status, HUFU_E_REQUEST);
        assert_null(json);
    }
    struct hufu_json *json = NULL;
    assert_int_equal(hufu_json_parse(hufu_bytes_of(NULL, 0), &json, NULL), HUFU_E_REQUEST);
}

/* A text of `len` x with `what` at one place of it, as the value of "a". */
static void put_text_with(size_t len, size_t at, const char *what, struct hufu_buf *ret_json)
{
    hufu_buf_clear(ret_json);
    hufu_buf_add_text(ret_json, "{\"a\":\"");
    for (size_t i = 0; i <= len; i++)
        hufu_buf_add_text(ret_json, i == at ? what : "x");
    hufu_buf_add_text(ret_json, "\"}");
}

static void reads_escapes_wherever_they_stand(void **state)
{
    (void)state;
    enum { LENGTH = 20 };
    static const char *const what[][2] = {
        {"\\n", "\n"}, {"\\u767B", "登"}, {"\\ud842\\uDFB7", "𠮷"}, {"登", "登"}, {"\x7f", "\x7f"}};
    for (size_t i = 0; i < COUNT(what); i++)
        for (size_t at = 0; at <= LENGTH; at++) {
            HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
            put_text_with(LENGTH, at, what[i][0], &text);
            HUFU_AUTO(hufu_json_free_auto)
            struct hufu_json *json = parse(hufu_buf_text(&text));
            const char *value = hufu_json_at(json, 0)->text;
            size_t len = strlen(what[i][1]);
            assert_int_equal(strlen(value), LENGTH + len);
            assert_memory_equal(value + at, what[i][1], len);
            assert_int_equal(strspn(value, "x"), at);
            assert_int_equal(strspn(value + at + len, "x"), LENGTH - at);
        }
}

static void refuses_what_is_wrong_wherever_it_stands(void **state)
{
    (void)state;
    enum { LENGTH = 20 };
    static const char *const what[] = {
        "\"",      "\n",         "\x1f",       "\xff",      "\xe7\x99",      "\xc0\xaf",
        "\\",      "\\x",        "\\u12",      "\\u12\"\"", "\\u00g0",       "\\u0000",
        "\\ud842", "\\ud842\\n", "\\ud842\\u", "\\udfb7",   "\\ud842\\ud842"};
    for (size_t i = 0; i < COUNT(what); i++)
        for (size_t at = 0; at <= LENGTH; at++) {
            HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
            struct hufu_json *json = NULL;
            put_text_with(LENGTH, at, what[i], &text);
            HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text.data, text.len);
            assert_int_equal(hufu_json_parse(hufu_bytes_of(copy, text.len), &json, NULL),
                             HUFU_E_REQUEST);
        }
}

/* Whatever is cut off, the rest is refused and nothing behind it is read. */
static void refuses_every_beginning(void **state)
{
    (void)state;
    static const char text[] = " { \"name\" : \"v\\u767b\\ud842\\udfb7\\n\" , \"b\" : -1.5e+3 , "
                               "\"c\":true,\"d\":null,\"登\":0}";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct hufu_json *json = NULL;
        HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(text, len);
        assert_int_equal(hufu_json_parse(hufu_bytes_of(copy, len), &json, NULL), HUFU_E_REQUEST);
    }
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = parse(text);
    assert_int_equal(hufu_json_count(json), 5);
}

/* Numbers take more room than their own text: "1e9". */
static void has_room_for_512_numbers(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 40000};
    for (unsigned i = 0; i < HUFU_JSON_MEMBERS_MAX; i++)
        hufu_buf_printf(&text, "%c\"%u\":-1.7976931348623157e308", i ? ',' : '{', i);
    hufu_buf_add_text(&text, "}");
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = parse(hufu_buf_text(&text));
    for (size_t i = 0; i < HUFU_JSON_MEMBERS_MAX; i++)
        assert_string_equal(hufu_json_at(json, i)->text, "-1.79769313486232e+308");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf tight = {.max = 40000};
    for (unsigned i = 0; i < HUFU_JSON_MEMBERS_MAX; i++)
        hufu_buf_printf(&tight, "%c\"%c%c\":1e9", i ? ',' : '{', 'a' + (int)i / 26,
                        'a' + (int)i % 26);
    hufu_buf_add_text(&tight, "}");
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *again = parse(hufu_buf_text(&tight));
    for (size_t i = 0; i < HUFU_JSON_MEMBERS_MAX; i++)
        assert_string_equal(hufu_json_at(again, i)->text, "1000000000");
}

static void refuses_a_deep_one(void **state)
{
    (void)state;
    struct hufu_json *json = NULL;
    HUFU_AUTO(hufu_free) char *text = repeat('[', 1000000);
    assert_int_equal(hufu_json_parse(bytes_of_text(text), &json, NULL), HUFU_E_REQUEST);
}

static void takes_512_members(void **state)
{
    (void)state;
    for (unsigned count = HUFU_JSON_MEMBERS_MAX; count <= HUFU_JSON_MEMBERS_MAX + 1; count++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 20000};
        HUFU_AUTO(hufu_json_free_auto) struct hufu_json *json = NULL;
        for (unsigned i = 0; i < count; i++)
            hufu_buf_printf(&text, "%c\"m%u\":%u", i ? ',' : '{', i, i);
        hufu_buf_add_text(&text, "}");
        assert_int_equal(hufu_json_parse(hufu_buf_bytes(&text), &json, NULL),
                         count <= HUFU_JSON_MEMBERS_MAX ? HUFU_OK : HUFU_E_REQUEST);
        if (json)
            assert_string_equal(hufu_json_find(json, "m511")->text, "511");
    }
}

static void wipes_what_it_lets_go(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"{\"pin\":\"secret-pin\",\"other\":1}", "secret-pin"},
        {"{\"pin\":\"secret-pin\",\"other\":[]}", "secret-pin"}, /* a failure on the way */
        {"{\"pin\":\"secret-pin\"", "secret-pin"},
        {"{\"pin\":12345678}", "12345678"}, /* the text of a number */
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct hufu_json *json = NULL;
        secret = texts[i][1];
        secret_leaked = false;
        hufu_json_parse(bytes_of_text(texts[i][0]), &json, NULL);
        hufu_json_free(json);
        secret = NULL;
        assert_false(secret_leaked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(values_become_text),
        cmocka_unit_test(may_be_empty),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(reads_escapes_wherever_they_stand),
        cmocka_unit_test(refuses_what_is_wrong_wherever_it_stands),
        cmocka_unit_test(refuses_every_beginning),
        cmocka_unit_test(has_room_for_512_numbers),
        cmocka_unit_test(refuses_a_deep_one),
        cmocka_unit_test(takes_512_members),
        cmocka_unit_test(wipes_what_it_lets_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
