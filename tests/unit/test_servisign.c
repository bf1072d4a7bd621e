#include "bytes.h"

#include "service/servisign.h"
#include "wire/base64.h"

#include <stdio.h>

HUFU_DEFINE_AUTO(struct hufu_servisign *, hufu_servisign_free)

/* The body that carries `json`, with the escapes that encodeURIComponent makes. */
static void put_body(struct hufu_bytes json, struct hufu_buf *ret_body)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base64 = {.max = 100000};
    hufu_base64_encode(json, &base64);
    hufu_buf_add_text(ret_body, "Parameter=");
    for (size_t i = 0; i < base64.len; i++) {
        uint8_t c = base64.data[i];
        if (c == '+' || c == '/' || c == '=')
            hufu_buf_printf(ret_body, "%%%02X", c);
        else
            hufu_buf_add_u8(ret_body, c);
    }
    assert_false(ret_body->failed);
}

static enum hufu_status try_decode(struct hufu_bytes json, struct hufu_servisign **ret_request)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf body = {.max = 200000};
    HUFU_AUTO(hufu_servisign_free_auto) struct hufu_servisign *request = NULL;
    put_body(json, &body);
    HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(body.data, body.len);
    HUFU_TRY(hufu_servisign_decode(hufu_bytes_of(copy, body.len), &request, NULL));
    HUFU_TRY(hufu_servisign_read_arguments(request, NULL));
    *ret_request = HUFU_TAKE(request);
    return HUFU_OK;
}

static struct hufu_servisign *decode(const char *json)
{
    struct hufu_servisign *request = NULL;
    assert_int_equal(try_decode(bytes_of_text(json), &request), HUFU_OK);
    return request;
}

/* --- requests --- */

static void reads_the_published_echo(void **state)
{
    (void)state;
    static const char body[] =
        "Parameter="
        "eyJmdW5jdGlvbm5hbWUiOiJFY2hvIiwiY29tbmFtZSI6IiIsImxpYmRpciI6IiIsInNlc3Npb25pZCI6IiIsIlBhdG"
        "hJRCI6IjAxMjM0NTY3ODlBQkNERUYwMTIzNDU2Nzg5QUJDREVGIn0%3D";
    HUFU_AUTO(hufu_servisign_free_auto) struct hufu_servisign *request = NULL;
    assert_int_equal(hufu_servisign_decode(bytes_of_text(body), &request, NULL), HUFU_OK);
    assert_string_equal(request->function, "Echo");
    assert_string_equal(request->path_id, "0123456789ABCDEF0123456789ABCDEF");
    assert_string_equal(request->session, "");
    assert_string_equal(request->comname, "");
    assert_string_equal(request->adapter_version, "");
    assert_int_equal(request->argument_count, 0);
    assert_false(request->keep_alive);
    assert_false(request->per_browser);
}

static void reads_the_published_signature_call(void **state)
{
    (void)state;
    static const char *const arguments[] = {"", "登入挑戰 42", "MS950", "0", "4"};
    HUFU_AUTO(hufu_servisign_free_auto)
    struct hufu_servisign *request = decode(
        "{\"functionname\":\"GPKI_SignData\",\"sOptPIN_ServiSignBase64Flag\":true,\"sOptPIN\":\"\","
        "\"sData_ServiSignBase64Flag\":true,\"sData\":\"55m75YWl5oyR5oiwIDQy\","
        "\"signcodepage_ServiSignBase64Flag\":true,\"signcodepage\":\"TVM5NTA%3D\","
        "\"iFlags_ServiSignBase64Flag\":true,\"iFlags\":\"MA%3D%3D\","
        "\"iHashFlag_ServiSignBase64Flag\":true,\"iHashFlag\":\"NA%3D%3D\","
        "\"ServiSignFunctionIndex\":49,\"sessionid\":\"7d1f0c\"}");
    assert_string_equal(request->function, "GPKI_SignData");
    assert_string_equal(request->session, "7d1f0c");
    assert_int_equal(request->argument_count, COUNT(arguments));
    for (size_t i = 0; i < COUNT(arguments); i++)
        assert_string_equal(request->arguments[i], arguments[i]);
}

static void reads_the_trailer(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_servisign_free_auto)
    struct hufu_servisign *request =
        decode("{\"functionname\":\"F\",\"KeepAlive\":true,\"topuidetect\":true,"
               "\"ServiSignMainThread\":true,\"comname\":\"YuantaServiSign\",\"libdir\":\"Yuanta\","
               "\"sessionid\":\"Chrome\",\"ServiSignTabMode\":1,\"ServiSignBrowser\":\"Chrome\","
               "\"JSVersion\":\"1.0.20.0423\",\"minlibversion\":\"0.0.0.1\","
               "\"minserverversion\":\"0.0.0.2\",\"InstallerName\":\"Setup\",\"PathID\":\"\","
               "\"ServiSignJSGenTime\":\"2020-04-23 10:00:00\",\"AdapterJsonKeyCheck\":true,"
               "\"asynchronously\":true,\"topuialldetect\":true,\"hide_result\":true,"
               "\"public_key_hex\":\"00\"}");
    assert_int_equal(request->argument_count, 0);
    assert_true(request->keep_alive);
    assert_true(request->per_browser);
    assert_string_equal(request->comname, "YuantaServiSign");
    assert_string_equal(request->session, "Chrome");
    assert_string_equal(request->adapter_version, "1.0.20.0423");
    assert_string_equal(request->min_library_version, "0.0.0.1");
    assert_string_equal(request->min_server_version, "0.0.0.2");
}

static void names_plain_parameters(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_servisign_free_auto)
    struct hufu_servisign *request =
        decode("{\"functionname\":\"setServiSignValue\",\"channel\":\"c\",\"timeout\":60,"
               "\"value_ServiSignHide\":true,\"value\":\"v\",\"nothing\":null}");
    assert_string_equal(hufu_servisign_named(request, "channel"), "c");
    assert_string_equal(hufu_servisign_named(request, "timeout"), "60");
    assert_string_equal(hufu_servisign_named(request, "value"), "v");
    assert_string_equal(hufu_servisign_named(request, "nothing"), "");
    assert_string_equal(hufu_servisign_named(request, "domain_list"), "");
    assert_int_equal(request->argument_count, 4);
}

struct argument {
    const char *members;
    const char *value;
};

static const struct argument arguments[] = {
    /* plain: any JSON type */
    {"\"a\":\"text\"", "text"},
    {"\"a\":7", "7"},
    {"\"a\":true", "true"},
    {"\"a\":null", ""},
    {"\"a\":\"MA==\"", "MA=="},
    /* base64, percent-encoded or not, before or after its flag */
    {"\"a_ServiSignBase64Flag\":true,\"a\":\"MA%3D%3D\"", "0"},
    {"\"a_ServiSignBase64Flag\":true,\"a\":\"MA==\"", "0"},
    {"\"a\":\"MA==\",\"a_ServiSignBase64Flag\":true", "0"},
    {"\"a_ServiSignBase64Flag\":\"true\",\"a\":\"MA==\"", "0"},
    {"\"a_ServiSignBase64Flag\":false,\"a\":\"MA==\"", "MA=="},
    {"\"b_ServiSignBase64Flag\":true,\"a\":\"MA==\"", "MA=="},
    {"\"a_ServiSignBase64Flag\":true,\"a\":\"\"", ""},
    {"\"a_ServiSignBase64Flag\":true,\"a\":\"Kys%2B\"", "++>"},
    {"\"a_ServiSignBase64Flag\":true,\"a\":\"8KCut+WggyA%2FPj8%2F\"", "𠮷堃 ?>??"},
    /* what a page left out: its adapter sends the word */
    {"\"a_ServiSignBase64Flag\":true,\"a\":\"dW5kZWZpbmVk\"", "undefined"},
    {"\"a_ServiSignBase64Flag\":true,\"a\":\"bnVsbA%3D%3D\"", "null"},
    /* backslashes in disguise */
    {"\"a_ServiSignSlashFlag\":true,\"a\":\"x==ServiSignSlash====ServiSignSlash==y\"", "x\\\\y"},
    {"\"a_ServiSignSlashFlag\":true,\"a\":\"==ServiSignSlash=\"", "==ServiSignSlash="},
    {"\"a\":\"==ServiSignSlash==\"", "==ServiSignSlash=="},
    {"\"a_servisignflag\":true,\"a\":\"C:*dir**file\"", "C:\\dir\\\\file"},
    {"\"a\":\"*\"", "*"},
    {"\"a_ServiSignBase64Flag\":true,\"a_ServiSignSlashFlag\":true,"
     "\"a\":\"PT1TZXJ2aVNpZ25TbGFzaD09\"",
     "\\"},
    {"\"a_ServiSignHide\":true,\"a\":\"text\"", "text"},
};

static void decodes_one_argument(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(arguments); i++) {
        char json[300];
        snprintf(json, sizeof json, "{\"functionname\":\"F\",%s}", arguments[i].members);
        HUFU_AUTO(hufu_servisign_free_auto) struct hufu_servisign *request = decode(json);
        assert_int_equal(request->argument_count, 1);
        assert_string_equal(request->arguments[0], arguments[i].value);
    }
}

static void takes_16_arguments(void **state)
{
    (void)state;
    for (unsigned count = HUFU_ARGUMENTS_MAX; count <= HUFU_ARGUMENTS_MAX + 1; count++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = 1000};
        HUFU_AUTO(hufu_servisign_free_auto) struct hufu_servisign *request = NULL;
        hufu_buf_add_text(&json, "{\"functionname\":\"F\"");
        for (unsigned i = 0; i < count; i++)
            hufu_buf_printf(&json, ",\"a%u\":%u", i, i);
        hufu_buf_add_text(&json, "}");
        assert_int_equal(try_decode(hufu_buf_bytes(&json), &request),
                         count <= HUFU_ARGUMENTS_MAX ? HUFU_OK : HUFU_E_REQUEST);
        if (request)
            assert_string_equal(request->arguments[HUFU_ARGUMENTS_MAX - 1], "15");
    }
}

static void takes_names_of_64_bytes(void **state)
{
    (void)state;
    for (unsigned len = 64; len <= 65; len++) {
        HUFU_AUTO(hufu_free) char *name = repeat('n', len);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = 1000};
        HUFU_AUTO(hufu_servisign_free_auto) struct hufu_servisign *request = NULL;
        hufu_buf_printf(&json, "{\"functionname\":\"F\",\"%s_ServiSignBase64Flag\":true,", name);
        hufu_buf_printf(&json, "\"%s\":\"MA==\"}", name);
        assert_int_equal(try_decode(hufu_buf_bytes(&json), &request),
                         len <= 64 ? HUFU_OK : HUFU_E_REQUEST);
        if (request)
            assert_string_equal(request->arguments[0], "0");
    }
}

struct refusal {
    const char *json;
    enum hufu_status status;
};

static const struct refusal refusals[] = {
    {"", HUFU_E_REQUEST},
    {"{}", HUFU_E_REQUEST},
    {"{\"functionname\":\"\"}", HUFU_E_REQUEST},
    {"{\"functionname\":null}", HUFU_E_REQUEST},
    {"{\"Functionname\":\"F\"}", HUFU_E_REQUEST},
    {"{\"functionname\":\"F\"", HUFU_E_REQUEST},
    {"[\"functionname\"]", HUFU_E_REQUEST},
    {"{\"functionname\":\"F\",\"a\":{}}", HUFU_E_REQUEST},
    {"{\"functionname\":\"F\",\"functionname\":\"G\"}", HUFU_E_REQUEST},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"M\"}", HUFU_E_REQUEST},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"MA%3D%3\"}", HUFU_E_REQUEST},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"登入\"}", HUFU_E_REQUEST},
    /* NUL, a lone byte, overlong, a surrogate, above U+10FFFF, an end too early */
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"AA==\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"eAA=\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"gA==\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"/w==\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"wK8=\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"4ICA\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"7aCA\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"9JCAgA==\"}",
     HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"55k=\"}", HUFU_E_CONVERSION},
    {"{\"functionname\":\"F\",\"a_ServiSignBase64Flag\":true,\"a\":\"55kx\"}", HUFU_E_CONVERSION},
};

static void refuses_other_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct hufu_servisign *request = NULL;
        assert_int_equal(try_decode(bytes_of_text(refusals[i].json), &request), refusals[i].status);
        assert_null(request);
    }
}

static void refuses_other_bodies(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "Parameter=",
        "Parameter=e30",
        "Parameter=e30%3",
        "Parameter=e30%ZZ",
        "parameter=eyJmdW5jdGlvbm5hbWUiOiJGIn0=",
        "eyJmdW5jdGlvbm5hbWUiOiJGIn0=",
        "{\"functionname\":\"F\"}",
        "Parameter=eyJmdW5jdGlvbm5hbWUiOiJGIn0=&Parameter=eyJmdW5jdGlvbm5hbWUiOiJGIn0=",
        "Parameter=eyJmdW5jdGlvbm5hbWUiOiJGIn0= ",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct hufu_servisign *request = NULL;
        assert_int_equal(hufu_servisign_decode(bytes_of_text(bodies[i]), &request, NULL),
                         HUFU_E_REQUEST);
        assert_null(request);
    }
    HUFU_AUTO(hufu_servisign_free_auto) struct hufu_servisign *request = NULL;
    assert_int_equal(
        hufu_servisign_decode(BYTES("Parameter=eyJmdW5jdGlvbm5hbWUiOiJGIn0="), &request, NULL),
        HUFU_OK); /* the last ones but for one thing each */
}

/* --- answers --- */

static void writes_the_published_echo(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = 1000};
    hufu_servisign_encode(&(struct hufu_servisign_answer){.result = "0",
                                                          .session = "7d1f0c",
                                                          .server_version = "1.0.26.0625",
                                                          .library_version = "1.0.26.0625",
                                                          .installer_version = "9.9.99.9999"},
                          &json);
    assert_string_equal(
        hufu_buf_text(&json),
        "{\"result\":\"MA==\",\"SessionID\":\"N2QxZjBj\","
        "\"ServerVersion\":\"MS4wLjI2LjA2MjU=\",\"LibVersion\":\"MS4wLjI2LjA2MjU=\","
        "\"InstallerVersion\":\"OS45Ljk5Ljk5OTk=\"}");
}

static void writes_a_result_alone(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = 1000};
    hufu_servisign_encode(&(struct hufu_servisign_answer){.result = "登入"}, &json);
    assert_string_equal(hufu_buf_text(&json), "{\"result\":\"55m75YWl\"}");
    hufu_buf_clear(&json);
    hufu_servisign_encode(&(struct hufu_servisign_answer){.result = ""}, &json);
    assert_string_equal(hufu_buf_text(&json), "{\"result\":\"\"}");
}

static void writes_a_status(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf json = {.max = 1000};
    hufu_servisign_encode_status(HUFU_E_SESSION, &json);
    assert_string_equal(hufu_buf_text(&json), "{\"result\":\"NjEwMTI=\"}"); /* 61012 */
}

static void fails_when_the_answer_does_not_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = sizeof "{\"result\":\"MA==\"}" - 1};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = sizeof "{\"result\":\"MA==\"}" - 2};
    hufu_servisign_encode(&(struct hufu_servisign_answer){.result = "0"}, &exact);
    hufu_servisign_encode(&(struct hufu_servisign_answer){.result = "0"}, &small);
    assert_false(exact.failed);
    assert_true(small.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_published_echo),
        cmocka_unit_test(reads_the_published_signature_call),
        cmocka_unit_test(reads_the_trailer),
        cmocka_unit_test(names_plain_parameters),
        cmocka_unit_test(decodes_one_argument),
        cmocka_unit_test(takes_16_arguments),
        cmocka_unit_test(takes_names_of_64_bytes),
        cmocka_unit_test(refuses_other_json),
        cmocka_unit_test(refuses_other_bodies),
        cmocka_unit_test(writes_the_published_echo),
        cmocka_unit_test(writes_a_result_alone),
        cmocka_unit_test(writes_a_status),
        cmocka_unit_test(fails_when_the_answer_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
