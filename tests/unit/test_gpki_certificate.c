/* The functions that look into a certificate which the page passes; no card is needed. */
#include "crafted.h"

#include "component/component.h"
#include "wire/base64.h"

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
    {"GPKI_GetTailOfCitizenID", "x", HUFU_E_PARAMETER, ""},
    {"GPKI_GetCertType", "0", HUFU_OK, "1"},
    {"GPKI_GetCertType", "-1", HUFU_E_PARAMETER, "0"},
    {"GPKI_GetCertTypeOID", "0", HUFU_OK, "2.16.886.1.100.3.1.1"},
    {"GPKI_GetCardHolderRank", "0", HUFU_E_NO_ATTRIBUTE, ""},
    {"GPKI_GetOrganizationID", "0", HUFU_E_NO_ATTRIBUTE, ""},
    {"GPKI_GetEntityOID", "0", HUFU_E_NO_ATTRIBUTE, ""},
    {"CryptCertGetSignatureAlgorithm", "0", HUFU_OK, "sha256WithRSAEncryption"},
    {"GPKI_CertGetSubjectDirectoryAttrs", "2.16.886.1.100.2.51", HUFU_OK, "1234"},
    {"GPKI_CertGetSubjectDirectoryAttrs", "2.16.886.1.100.2.202", HUFU_E_NO_ATTRIBUTE, ""},
    {"GPKI_CertGetSubjectDirectoryAttrs", NULL, HUFU_E_PARAMETER, ""},
    {"GPKI_CertGetSubjectDirectoryAttrs", "undefined", HUFU_E_PARAMETER, ""},
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

/* Every kind of holder in the table, and one that is in none. */
static void tells_the_kind_of_card(void **state)
{
    (void)state;
    static const struct {
        const char *arcs; /* below 2.16.886.1.100, in DER */
        enum hufu_status status;
        const char *type;
    } kinds[] = {
        {"\3\1\1", HUFU_OK, "1"},
        {"\3\1\x9", HUFU_OK, "1"},
        {"\3\1\7", HUFU_OK, "5"},
        {"\3\1\x11", HUFU_E_NO_ATTRIBUTE, "0"}, /* begins like a citizen's in text */
        {"\3\2\1\1", HUFU_OK, "3"},
        {"\3\2\1\2", HUFU_OK, "3"},
        {"\3\2\2\1\1", HUFU_OK, "2"},
        {"\3\2\3\1", HUFU_OK, "2"},
        {"\3\2\3\3\1", HUFU_OK, "2"},
        {"\3\2\x15", HUFU_OK, "5"},
        {"\3\2\x63", HUFU_OK, "4"},
        {"\3\3\1", HUFU_OK, "6"},
        {"\3", HUFU_E_NO_ATTRIBUTE, "0"},
        {"\4\1", HUFU_E_NO_ATTRIBUTE, "0"},
    };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        uint8_t der[64] = "\x30\0\x30\0\x06\x07\x60\x86\x76\x01\x64\x02\x01\x31\0\x06\0"
                          "\x60\x86\x76\x01\x64";
        size_t arcs = strlen(kinds[i].arcs);
        memcpy(der + 22, kinds[i].arcs, arcs);
        der[16] = (uint8_t)(5 + arcs);
        der[14] = (uint8_t)(2 + der[16]);
        der[3] = (uint8_t)(11 + der[14]);
        der[1] = (uint8_t)(2 + der[3]);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf certificate = {.max = 4000};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf base64 = {.max = 4000};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        craft_der(&(struct crafted){.extension = NID_subject_directory_attributes,
                                    .content = {der, 2u + der[1]}},
                  &certificate);
        hufu_base64_encode(hufu_buf_bytes(&certificate), &base64);
        assert_int_equal(call("GPKI_GetCertType", hufu_buf_text(&base64), "0", &text),
                         kinds[i].status);
        assert_string_equal(hufu_buf_text(&text), kinds[i].type);
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
    static const char *const functions[] = {"CAPICertGetSerialNumber",
                                            "CAPICertGetIssuer",
                                            "CAPICertGetSubject",
                                            "GPKI_GetTailOfCitizenID",
                                            "CAPICertGetNotAfter",
                                            "CAPICertGetNotBefore",
                                            "CAPICertGetPublicKey",
                                            "CAPICertGetVersion",
                                            "GPKI_GetOrganizationID",
                                            "GPKI_GetCardHolderRank",
                                            "GPKI_GetCertTypeOID",
                                            "GPKI_GetEntityOID",
                                            "CryptCertGetExtension",
                                            "CryptCertGetSignatureAlgorithm",
                                            "GPKI_CertGetSubjectDirectoryAttrs"};
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
        cmocka_unit_test(tells_the_kind_of_card),
        cmocka_unit_test(tells_dates_and_numbers),
        cmocka_unit_test(tells_the_public_key),
        cmocka_unit_test(refuses_what_is_no_certificate),
        cmocka_unit_test(the_tail_is_on_citizens_cards_only),
        cmocka_unit_test(remembers_the_certificate_used_last),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
