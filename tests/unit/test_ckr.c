#include "bytes.h"

#include "card/pkcs11.h"

struct row {
    CK_RV code;
    enum hufu_status status;
};

static const struct row rows[] = {
    {CKR_PIN_INCORRECT, HUFU_E_PIN_INCORRECT},
    {CKR_PIN_INVALID, HUFU_E_PIN_INVALID},
    {CKR_PIN_LEN_RANGE, HUFU_E_PIN_LENGTH},
    {CKR_PIN_LOCKED, HUFU_E_PIN_LOCKED},
    {CKR_USER_PIN_NOT_INITIALIZED, HUFU_E_PIN_NOT_SET},
    {CKR_USER_NOT_LOGGED_IN, HUFU_E_LOGGED_OUT},
    {CKR_TOKEN_NOT_PRESENT, HUFU_E_NO_CARD},
    {CKR_TOKEN_NOT_RECOGNIZED, HUFU_E_UNKNOWN_CARD},
    {CKR_DEVICE_REMOVED, HUFU_E_REMOVED},
    {CKR_DEVICE_ERROR, HUFU_E_DEVICE},
    {CKR_SLOT_ID_INVALID, HUFU_E_NO_READER},
    {CKR_HOST_MEMORY, HUFU_E_TOKEN_MEMORY},
    {CKR_FUNCTION_CANCELED, HUFU_E_CANCELLED},
    {CKR_MECHANISM_INVALID, HUFU_E_MECHANISM},
    {CKR_GENERAL_ERROR, HUFU_E_TOKEN},
    {CKR_VENDOR_DEFINED + 7, HUFU_E_TOKEN},
};

static void translates_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_error err = {0};
        assert_int_equal(hufu_fail_ckr(&err, rows[i].code, "C_Login"), rows[i].status);
        assert_int_equal(err.status, rows[i].status);
        assert_int_equal(err.origin, HUFU_ORIGIN_PKCS11);
        assert_true(err.foreign == rows[i].code);
    }
}

static void names_the_function_and_nothing_else(void **state)
{
    (void)state;
    static const char *const calls[][2] = {
        {"C_Login", "C_Login"},
        {"token->module->C_Login(session, CKU_USER, pin, len)", "C_Login"},
        {"cards->slots[i].module->C_GetSlotInfo(id, &info)", "C_GetSlotInfo"},
        {"p11_kit_modules_initialize(modules)", "p11_kit_modules_initialize"},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(calls); i++) {
        struct hufu_error err = {0};
        hufu_fail_ckr(&err, CKR_GENERAL_ERROR, calls[i][0]);
        assert_string_equal(err.detail, calls[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translates_codes),
        cmocka_unit_test(names_the_function_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
