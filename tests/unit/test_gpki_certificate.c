/* The functions that look into a certificate which the page passes; no card is needed. */
#include "citizens.h"

#include "component/component.h"

/* `first` is base64 of the certificate, `flags` the second argument; NULL leaves it out. */
static enum hufu_status call(const char *function, const char *first, const char *flags,
                             struct hufu_buf *ret_text)
{
    struct hufu_page page = {.reader = HUFU_READER_AUTOMATIC, .scopes = HUFU_SCOPES_ALL};
    const char *const values[] = {first, flags};
    const struct hufu_arguments arguments = {flags ? 2 : 1, values};
    return hufu_component_call(&page, "gpki", function, &arguments, ret_text, NULL);
}

struct row {
    const char *function;
    const char *flags;
    enum hufu_status status;
    const char *text;
};

static const struct row rows[] = {
    {"CAPICertGetSubject", "65536", HUFU_OK, "王測試"},
    {"CAPICertGetSubject", "1048576", HUFU_OK, "TW"},
    {"CAPICertGetSubject", "2097152", HUFU_OK, "9000000000000001"},
    {"CAPICertGetSubject", "131072", HUFU_OK, ""}, /* no e-mail address */
    {"CAPICertGetSubject", "0", HUFU_OK, "C=TW\nCN=王測試\nserialNumber=9000000000000001"},
    {"CAPICertGetSubject", NULL, HUFU_OK, "C=TW\nCN=王測試\nserialNumber=9000000000000001"},
    {"CAPICertGetSubject", "1", HUFU_E_PARAMETER, ""},
    {"CAPICertGetSubject", "65537", HUFU_E_PARAMETER, ""},
    {"CAPICertGetSubject", "x", HUFU_E_PARAMETER, ""},
    {"CAPICertGetIssuer", "262144", HUFU_OK, "行政院測試"},
    {"CAPICertGetIssuer", "524288", HUFU_OK, "內政部憑證管理中心測試"},
    {"CAPICertGetIssuer", "0", HUFU_OK, "C=TW\nO=行政院測試\nOU=內政部憑證管理中心測試"},
    {"CAPICertGetVersion", "0", HUFU_OK, "3"},
    {"GPKI_GetTailOfCitizenID", "0", HUFU_OK, "1234"},
};

static void tells_what_pages_ask(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf certificate = {.max = 4000};
    read_citizen_base64("citizen/sign.der", &certificate);
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4000};
        assert_int_equal(call(rows[i].function, hufu_buf_text(&certificate), rows[i].flags, &text),
                         rows[i].status);
        assert_string_equal(hufu_buf_text(&text), rows[i].text);
    }
}

static void tells_dates_and_numbers(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf certificate = {.max = 4000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf before = {.max = 100};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf after = {.max = 100};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf serial = {.max = 100};
    read_citizen_base64("citizen/sign.der", &certificate);
    const char *base64 = hufu_buf_text(&certificate);
    assert_int_equal(call("CAPICertGetNotBefore", base64, "0", &before), HUFU_OK);
    assert_int_equal(call("CAPICertGetNotAfter", base64, "0", &after), HUFU_OK);
    assert_int_equal(call("CAPICertGetSerialNumber", base64, "0", &serial), HUFU_OK);
    assert_int_equal(before.len, sizeof "YYYYMMDDhhmmss+0800" - 1);
    assert_string_equal(hufu_buf_text(&before) + 8, "080000+0800"); /* they start at midnight UTC */
    assert_string_equal(hufu_buf_text(&after) + 8, "080000+0800");
    assert_true(strcmp(hufu_buf_text(&before), hufu_buf_text(&after)) < 0);
    assert_true(serial.len > 0);
    assert_int_equal(strspn(hufu_buf_text(&serial), "0123456789ABCDEF"), serial.len);
}

static void tells_the_public_key(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf certificate = {.max = 4000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4000};
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = citizen_key("citizen/sign.key");
    read_citizen_base64("citizen/sign.der", &certificate);
    assert_int_equal(call("CAPICertGetPublicKey", hufu_buf_text(&certificate), "0", &text),
                     HUFU_OK);
    uint8_t der[4000];
    int len = EVP_DecodeBlock(der, text.data, (int)text.len);
    const unsigned char *at = der;
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *told = d2i_PUBKEY(NULL, &at, len);
    assert_non_null(told);
    assert_int_equal(EVP_PKEY_eq(told, key), 1);
}

static void refuses_what_is_no_certificate(void **state)
{
    (void)state;
    static const char *const functions[] = {"CAPICertGetSerialNumber", "CAPICertGetIssuer",
                                            "CAPICertGetSubject",      "GPKI_GetTailOfCitizenID",
                                            "CAPICertGetNotAfter",     "CAPICertGetNotBefore",
                                            "CAPICertGetPublicKey",    "CAPICertGetVersion"};
    static const char *const certificates[] = {"", "undefined", "AAAA", "not base64!"};
    for (size_t i = 0; i < COUNT(functions); i++)
        for (size_t j = 0; j < COUNT(certificates); j++) {
            HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4000};
            assert_int_equal(call(functions[i], certificates[j], "0", &text),
                             HUFU_E_CERTIFICATE_FORMAT);
            assert_string_equal(hufu_buf_text(&text), "");
        }
}

static void the_tail_is_on_citizens_cards_only(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf certificate = {.max = 4000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4000};
    read_citizen_base64("ca/issuing.der", &certificate);
    assert_int_equal(call("GPKI_GetTailOfCitizenID", hufu_buf_text(&certificate), "0", &text),
                     HUFU_E_NO_ATTRIBUTE);
    assert_string_equal(hufu_buf_text(&text), "");
}

static void remembers_the_certificate_used_last(void **state)
{
    (void)state;
    struct hufu_page page = {.certificate = {.max = HUFU_CERTIFICATE_MAX},
                             .scopes = HUFU_SCOPES_ALL};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base64 = {.max = 4000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4000};
    const struct hufu_arguments none = {0};
    assert_int_equal(hufu_component_call(&page, "gpki", "GPKI_GetCachedCert", &none, &text, NULL),
                     HUFU_E_NO_CERTIFICATE);
    read_citizen("citizen/sign.der", &page.certificate);
    read_citizen_base64("citizen/sign.der", &base64);
    assert_int_equal(hufu_component_call(&page, "gpki", "GPKI_GetCachedCert", &none, &text, NULL),
                     HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), hufu_buf_text(&base64));
    hufu_buf_done(&page.certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_pages_ask),
        cmocka_unit_test(tells_dates_and_numbers),
        cmocka_unit_test(tells_the_public_key),
        cmocka_unit_test(refuses_what_is_no_certificate),
        cmocka_unit_test(the_tail_is_on_citizens_cards_only),
        cmocka_unit_test(remembers_the_certificate_used_last),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
