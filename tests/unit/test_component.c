#include "bytes.h"

#include "component/component.h"

static int card_uses;

/* Two readers, whatever p11-kit is configured with. */
enum hufu_status __wrap_hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err);
enum hufu_status __wrap_hufu_cards_count(struct hufu_cards *cards, size_t *ret_count,
                                         struct hufu_error *err);

enum hufu_status __wrap_hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err)
{
    static char all_modules;
    (void)err;
    *ret_cards = (void *)&all_modules;
    return HUFU_OK;
}

enum hufu_status __wrap_hufu_cards_count(struct hufu_cards *cards, size_t *ret_count,
                                         struct hufu_error *err)
{
    (void)cards;
    (void)err;
    card_uses++;
    *ret_count = 2;
    return HUFU_OK;
}

/* What pcscd would say of it. */
enum hufu_status __wrap_hufu_cards_cause(struct hufu_cards *cards, enum hufu_status status);
static enum hufu_status cause;

enum hufu_status __wrap_hufu_cards_cause(struct hufu_cards *cards, enum hufu_status status)
{
    (void)cards;
    return cause ? cause : status;
}

/* --- the table --- */

/* What the published pages call, all but get_lastError, which hufud answers. */
static const char *const windows_names[] = {
    "GPKI_EnumCerts",
    "CAPICertGetSerialNumber",
    "CAPICertGetIssuer",
    "CAPICertGetSubject",
    "GPKI_GetTailOfCitizenID",
    "GPKI_GetCertType",
    "GPKI_GetOrganizationID",
    "GPKI_GetCardHolderRank",
    "GPKI_GetCertTypeOID",
    "GPKI_GetEntityOID",
    "CAPICertGetPublicKey",
    "CAPICertGetNotBefore",
    "CAPICertGetNotAfter",
    "CAPICertGetVersion",
    "GPKI_EncryptByCert",
    "GPKI_Decrypt",
    "GPKI_Decrypt2File",
    "GPKI_XMLSignTemplate",
    "GPKI_SetReaderSlot",
    "GPKI_EnumCertsToString",
    "GPKI_Base64Encode",
    "GPKI_Base64Decode",
    "GPKI_DecryptEx",
    "GPKI_SignDataInit",
    "GPKI_SignDataFinal",
    "GPKI_XMLSignTemplateFile",
    "GPKI_XMLCalcTemplateDigest",
    "GPKI_XMLCalcTemplateFileDigest",
    "GPKI_XMLSignTemplateDigest",
    "GPKI_ReadFile",
    "GPKI_XMLSignTemplateFileUpdate",
    "GPKI_SignInit",
    "GPKI_SignFinal",
    "GPKI_XMLSignTemplateDigestUpdate",
    "GPKI_SetPKCS11Driver",
    "SetXMLReferenceDirs",
    "GPKI_GetSerialNumber",
    "GPKI_RSADecrypt",
    "GPKI_RSAEncryptByCert",
    "GPKI_XMLSignTemplateUpdate",
    "GPKI_XMLSignTemplateFile2File",
    "GPKI_XMLSignTemplateDigest2File",
    "GPKI_GetAttributeCert",
    "SetCodePage",
    "GPKI_GetSlotCount",
    "GPKI_VerifyPIN",
    "GPKI_GetErrorPINCount",
    "GetVersion",
    "GPKI_SignData",
    "GPKI_SignDataUpdate",
    "GPKI_PureSign",
    "CryptCertGetSignatureAlgorithm",
    "CryptSignatureGetAlgorithm",
    "GPKI_SignInitLogin",
    "GPKI_DetectCard",
    "GPKI_GetCachedCert",
    "GPKI_CertGetSubjectDirectoryAttrs",
    "CryptCertGetExtension",
    "SetDialogString",
};

static const char *const mac_names[] = {
    "GetVersion",
    "GPKI_DetectCard",
    "GPKI_VerifyPIN",
    "GPKI_SetReaderSlot",
    "GPKI_GetSlotCount",
    "GPKI_GetErrorPINCount",
    "GPKI_GetSerialNumber",
    "GPKI_SignData",
    "GPKI_GetCachedCert",
    "GPKI_EnumCerts",
    "CAPICertGetSubject",
    "CAPICertGetSerialNumber",
    "CAPICertGetNotBefore",
    "CAPICertGetNotAfter",
    "CAPICertGetIssuer",
    "CAPICertGetPublicKey",
    "CAPICertGetVersion",
    "GPKI_GetTailOfCitizenID",
    "GPKI_PureSign",
    "GPKI_GetCertType",
    "GPKI_Base64Encode",
    "GPKI_Base64Decode",
    "GPKI_SignDataInit",
    "GPKI_SignDataUpdate",
    "GPKI_SignDataFinal",
    "GPKI_GetCertTypeOID",
    "GPKI_GetOrganizationID",
    "GPKI_GetCardHolderRank",
    "GPKI_GetEntityOID",
    "CryptSignatureGetAlgorithm",
    "CryptCertGetSignatureAlgorithm",
    "CryptCertGetExtension",
};

static void has_every_published_function(void **state)
{
    (void)state;
    const struct hufu_component *gpki = hufu_component_find("gpki");
    assert_non_null(gpki);
    assert_int_equal(COUNT(windows_names), 60 - 1);
    assert_int_equal(COUNT(mac_names), 33 - 1);
    for (size_t i = 0; i < COUNT(windows_names); i++)
        if (!hufu_function_find(gpki, windows_names[i]))
            fail_msg("%s", windows_names[i]);
    for (size_t i = 0; i < COUNT(mac_names); i++)
        if (!hufu_function_find(gpki, mac_names[i]))
            fail_msg("%s", mac_names[i]);
    assert_null(hufu_function_find(gpki, "get_lastError"));
}

static void has_no_function_twice(void **state)
{
    (void)state;
    const struct hufu_component *gpki = hufu_component_find("gpki");
    size_t count = 0;
    for (const struct hufu_function *row = gpki->functions; row->name; row++, count++) {
        assert_ptr_equal(hufu_function_find(gpki, row->name), row); /* the first of its name */
        assert_non_null(row->run);
    }
    assert_int_equal(count, COUNT(windows_names));
}

/* What is done needs one scope; what is refused asks nobody. */
static void every_function_has_its_scope(void **state)
{
    (void)state;
    static const struct {
        const char *function;
        unsigned scope;
    } rows[] = {
        {"GPKI_DetectCard", HUFU_SCOPE_SEE},
        {"GPKI_GetSlotCount", HUFU_SCOPE_SEE},
        {"GetVersion", HUFU_SCOPE_SEE},
        {"CAPICertGetSubject", HUFU_SCOPE_SEE},
        {"GPKI_GetTailOfCitizenID", HUFU_SCOPE_SEE},
        {"GPKI_EnumCerts", HUFU_SCOPE_READ},
        {"GPKI_EnumCertsToString", HUFU_SCOPE_READ},
        {"GPKI_GetCachedCert", HUFU_SCOPE_READ},
        {"GPKI_GetSerialNumber", HUFU_SCOPE_READ},
        {"GPKI_GetAttributeCert", HUFU_SCOPE_READ},
        {"CryptSignatureGetAlgorithm", HUFU_SCOPE_SEE},
        {"SetCodePage", HUFU_SCOPE_SEE},
        {"GPKI_SignData", HUFU_SCOPE_SIGN},
        {"GPKI_PureSign", HUFU_SCOPE_SIGN},
        {"GPKI_VerifyPIN", HUFU_SCOPE_SIGN},
        {"GPKI_ReadFile", 0},
        {"GPKI_EncryptByCert", HUFU_SCOPE_SEE},
        {"GPKI_RSAEncryptByCert", HUFU_SCOPE_SEE},
        {"GPKI_Decrypt", HUFU_SCOPE_DECRYPT},
        {"GPKI_DecryptEx", HUFU_SCOPE_DECRYPT},
        {"GPKI_RSADecrypt", HUFU_SCOPE_DECRYPT},
        {"GPKI_Decrypt2File", 0},
        {"GPKI_Nothing", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(hufu_component_scope("gpki", rows[i].function), rows[i].scope);
    assert_int_equal(hufu_component_scope("hca", "GPKI_SignData"), 0);
    for (const struct hufu_function *row = hufu_component_find("gpki")->functions; row->name; row++)
        if (row->run == hufu_run_refused)
            assert_int_equal(row->scope, 0);
        else
            assert_int_equal(__builtin_popcount(row->scope), 1);
}

static void names_are_exact(void **state)
{
    (void)state;
    const struct hufu_component *gpki = hufu_component_find("gpki");
    static const char *const names[] = {"",          "gpki_signdata",  "GPKI_SignData ",
                                        "GPKI_Sign", "GPKI_SignDataX", "../GPKI_SignData"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_null(hufu_function_find(gpki, names[i]));
    assert_null(hufu_component_find(""));
    assert_null(hufu_component_find("GPKI"));
    assert_null(hufu_component_find("gpki.so"));
}

static void arity_is_the_number_of_words(void **state)
{
    (void)state;
    static const struct {
        const char *parameters;
        size_t arity;
    } rows[] = {{"", 0}, {"one", 1}, {"one two", 2}, {"a b c d e", 5}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(
            hufu_function_arity(&(struct hufu_function){.parameters = rows[i].parameters}),
            rows[i].arity);
}

/* --- arguments --- */

static void a_missing_argument_is_empty(void **state)
{
    (void)state;
    static const char *const values[] = {"text", "undefined", "null", "Null", "undefined "};
    static const struct hufu_arguments arguments = {COUNT(values), values};
    assert_string_equal(hufu_argument(&arguments, 0), "text");
    assert_string_equal(hufu_argument(&arguments, 1), "");
    assert_string_equal(hufu_argument(&arguments, 2), "");
    assert_string_equal(hufu_argument(&arguments, 3), "Null");
    assert_string_equal(hufu_argument(&arguments, 4), "undefined ");
    assert_string_equal(hufu_argument(&arguments, 5), "");
    assert_string_equal(hufu_argument(&(struct hufu_arguments){0}, 0), "");
}

/* What is signed is never "a missing value": the word may be the text. */
static void an_exact_argument_is_taken_as_it_is(void **state)
{
    (void)state;
    static const char *const values[] = {"undefined", ""};
    static const struct hufu_arguments arguments = {COUNT(values), values};
    const char *value = NULL;
    assert_int_equal(hufu_argument_exact(&arguments, 0, &value, NULL), HUFU_OK);
    assert_string_equal(value, "undefined");
    assert_int_equal(hufu_argument_exact(&arguments, 1, &value, NULL), HUFU_OK);
    assert_string_equal(value, "");
    assert_int_equal(hufu_argument_exact(&arguments, 2, &value, NULL), HUFU_E_PARAMETER);
}

struct number {
    const char *text;
    bool good;
    unsigned long number;
};

static const struct number numbers[] = {
    {"", true, 0},
    {"undefined", true, 0},
    {"0", true, 0},
    {"4", true, 4},
    {"007", true, 7},
    {"16777216", true, 0x1000000},
    {"4294967295", true, 4294967295},
    {"9999999999", true, 9999999999},
    {"10000000000", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"0x10", false, 0},
    {"1.5", false, 0},
    {"x", false, 0},
    {"٣", false, 0},
};

static void numbers_are_decimal(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const struct hufu_arguments arguments = {1, &numbers[i].text};
        unsigned long number = 42;
        assert_int_equal(hufu_argument_number(&arguments, 0, &number, NULL),
                         numbers[i].good ? HUFU_OK : HUFU_E_PARAMETER);
        assert_true(number == (numbers[i].good ? numbers[i].number : 42));
    }
}

/* --- calls --- */

static enum hufu_status call(const char *function, size_t count, const char *const *values,
                             struct hufu_buf *ret_text)
{
    struct hufu_page page = {
        .version = "1.0.26.0625", .reader = HUFU_READER_AUTOMATIC, .scopes = HUFU_SCOPES_ALL};
    const struct hufu_arguments arguments = {count, values};
    hufu_buf_clear(ret_text);
    return hufu_component_call(&page, "gpki", function, &arguments, ret_text, NULL);
}

struct outcome {
    const char *function;
    enum hufu_status status;
    const char *text;
};

/* Each kind of answer to a failure: nothing, "0", the code. */
static const struct outcome outcomes[] = {
    {"GPKI_GetOrganizationID", HUFU_E_CERTIFICATE_FORMAT, ""},
    {"GPKI_GetCertType", HUFU_E_CERTIFICATE_FORMAT, "0"},
    {"GPKI_GetCachedCert", HUFU_E_NO_CERTIFICATE, ""},
    /* files, drivers: never */
    {"GPKI_ReadFile", HUFU_E_REFUSED, ""},
    {"GPKI_XMLSignTemplateFile", HUFU_E_REFUSED, ""},
    {"GPKI_XMLCalcTemplateFileDigest", HUFU_E_REFUSED, ""},
    {"GPKI_XMLSignTemplateFileUpdate", HUFU_E_REFUSED, ""},
    {"GPKI_XMLSignTemplateFile2File", HUFU_E_REFUSED, "5906"},
    {"GPKI_XMLSignTemplateDigest2File", HUFU_E_REFUSED, "5906"},
    {"GPKI_Decrypt2File", HUFU_E_REFUSED, "5906"},
    {"GPKI_SetPKCS11Driver", HUFU_E_REFUSED, "5906"},
    {"SetXMLReferenceDirs", HUFU_E_REFUSED, "5906"},
    /* what went well */
    {"GetVersion", HUFU_OK, "1.0.26.0625"},
    {"GPKI_GetSlotCount", HUFU_OK, "2"},
    {"GPKI_SetReaderSlot", HUFU_E_PARAMETER, "5005"}, /* a reader has to be named */
    {"GPKI_SignData", HUFU_E_PARAMETER, ""},          /* and what is to be signed */
    {"GPKI_SignDataFinal", HUFU_OK, "0"},             /* nothing is open, as it shall be */
};

static void answers_in_its_own_way(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    for (size_t i = 0; i < COUNT(outcomes); i++) {
        assert_int_equal(call(outcomes[i].function, 0, NULL, &text), outcomes[i].status);
        assert_string_equal(hufu_buf_text(&text), outcomes[i].text);
    }
}

static void knows_no_other_function(void **state)
{
    (void)state;
    struct hufu_page page = {0};
    const struct hufu_arguments none = {0};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    assert_int_equal(call("GPKI_Nothing", 0, NULL, &text), HUFU_E_UNSUPPORTED);
    assert_int_equal(text.len, 0);
    assert_int_equal(hufu_component_call(&page, "hca", "GetVersion", &none, &text, NULL),
                     HUFU_E_UNSUPPORTED);
    assert_int_equal(text.len, 0);
}

static void takes_no_argument_too_many(void **state)
{
    (void)state;
    static const char *const values[] = {"0", "1", "2"};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    assert_int_equal(call("GPKI_SetReaderSlot", 2, values, &text), HUFU_OK);
    assert_int_equal(call("GPKI_SetReaderSlot", 3, values, &text), HUFU_E_PARAMETER);
    assert_string_equal(hufu_buf_text(&text), "5005");
    assert_int_equal(call("GetVersion", 1, values, &text), HUFU_OK); /* Windows pages pass one */
    assert_int_equal(call("GetVersion", 2, values, &text), HUFU_E_PARAMETER);
    assert_string_equal(hufu_buf_text(&text), "");
}

static void chooses_readers_that_are_there(void **state)
{
    (void)state;
    static const char *const second[] = {"0", "1"};
    static const char *const third[] = {"0", "2"};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    assert_int_equal(call("GPKI_SetReaderSlot", 2, second, &text), HUFU_OK);
    assert_int_equal(call("GPKI_SetReaderSlot", 2, third, &text), HUFU_E_NO_READER);
    assert_string_equal(hufu_buf_text(&text), "9112");
}

/* The page hears what was in the way, the log keeps what failed first. */
static void a_failure_is_told_by_its_cause(void **state)
{
    (void)state;
    static const char *const third[] = {"0", "2"};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    cause = HUFU_E_PCSC_ABSENT;
    enum hufu_status status = call("GPKI_SetReaderSlot", 2, third, &text);
    cause = HUFU_OK;
    assert_int_equal(status, HUFU_E_PCSC_ABSENT);
    assert_string_equal(hufu_buf_text(&text), "61922");
}

static void a_result_has_to_fit(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = sizeof "1.0.26.0625" - 1};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = sizeof "1.0.26.0625" - 2};
    assert_int_equal(call("GetVersion", 0, NULL, &exact), HUFU_OK);
    assert_int_equal(call("GetVersion", 0, NULL, &small), HUFU_E_MEMORY);
    assert_false(small.failed); /* the page gets an answer all the same */
    assert_string_equal(hufu_buf_text(&small), "");
}

/* --- consent --- */

static unsigned asked, granted;

static void on_ask(struct hufu_page *page, unsigned scopes)
{
    asked = scopes;
    page->scopes = granted;
}

struct consent {
    const char *function;
    unsigned scopes, asked, granted;
    enum hufu_status status;
};

static const struct consent consents[] = {
    {"GPKI_GetSlotCount", HUFU_SCOPE_SEE, 0, 0, HUFU_OK},
    {"GPKI_GetSlotCount", 0, HUFU_SCOPE_SEE, HUFU_SCOPES_USE, HUFU_OK},
    {"GPKI_GetSlotCount", 0, HUFU_SCOPE_SEE, 0, HUFU_E_DENIED},
    /* nobody gets a scope for having all the others */
    {"GPKI_GetSlotCount", HUFU_SCOPES_ALL & ~(unsigned)HUFU_SCOPE_SEE, HUFU_SCOPE_SEE,
     HUFU_SCOPES_ALL & ~(unsigned)HUFU_SCOPE_SEE, HUFU_E_DENIED},
    {"GPKI_EnumCerts", HUFU_SCOPE_SEE, HUFU_SCOPE_READ, HUFU_SCOPE_SEE, HUFU_E_DENIED},
    {"GPKI_SignData", HUFU_SCOPE_SEE | HUFU_SCOPE_READ, HUFU_SCOPE_SIGN, HUFU_SCOPE_SEE,
     HUFU_E_DENIED},
    {"GPKI_VerifyPIN", HUFU_SCOPE_SEE, HUFU_SCOPE_SIGN, 0, HUFU_E_DENIED},
    {"GPKI_ReadFile", 0, 0, 0, HUFU_E_REFUSED},
    {"GPKI_RSADecrypt", HUFU_SCOPES_USE, HUFU_SCOPE_DECRYPT, HUFU_SCOPES_USE, HUFU_E_DENIED},
    {"GPKI_Decrypt2File", 0, 0, 0, HUFU_E_REFUSED},
};

static void asks_for_the_scope_that_is_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(consents); i++) {
        const struct consent *row = &consents[i];
        struct hufu_page page = {
            .reader = HUFU_READER_AUTOMATIC, .ask = on_ask, .scopes = row->scopes};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
        asked = 0;
        card_uses = 0;
        granted = row->granted;
        assert_int_equal(hufu_component_call(&page, "gpki", row->function,
                                             &(struct hufu_arguments){0}, &text, NULL),
                         row->status);
        assert_int_equal(asked, row->asked);
        assert_int_equal(card_uses, row->status == HUFU_OK);
    }
}

static void a_denied_page_gets_the_code(void **state)
{
    (void)state;
    struct hufu_page page = {.reader = HUFU_READER_AUTOMATIC, .ask = on_ask};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    granted = 0;
    assert_int_equal(hufu_component_call(&page, "gpki", "GPKI_VerifyPIN",
                                         &(struct hufu_arguments){0}, &text, NULL),
                     HUFU_E_DENIED);
    assert_string_equal(hufu_buf_text(&text), "61906");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_every_published_function),
        cmocka_unit_test(has_no_function_twice),
        cmocka_unit_test(every_function_has_its_scope),
        cmocka_unit_test(names_are_exact),
        cmocka_unit_test(arity_is_the_number_of_words),
        cmocka_unit_test(a_missing_argument_is_empty),
        cmocka_unit_test(an_exact_argument_is_taken_as_it_is),
        cmocka_unit_test(numbers_are_decimal),
        cmocka_unit_test(answers_in_its_own_way),
        cmocka_unit_test(knows_no_other_function),
        cmocka_unit_test(takes_no_argument_too_many),
        cmocka_unit_test(chooses_readers_that_are_there),
        cmocka_unit_test(a_failure_is_told_by_its_cause),
        cmocka_unit_test(a_result_has_to_fit),
        cmocka_unit_test(asks_for_the_scope_that_is_missing),
        cmocka_unit_test(a_denied_page_gets_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
