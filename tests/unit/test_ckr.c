#include "bytes.h"

#include "card/pkcs11.h"

/* By the values of PKCS#11 2.20, as the public numbers count them: 9001, 9002, ... */
static const CK_RV in_order[] = {
    0x1,   0x2,   0x3,   0x5,   0x6,   0x7,   0x8,   0x9,   0xa,   0x10,  0x11,       0x12,
    0x13,  0x20,  0x21,  0x30,  0x31,  0x32,  0x40,  0x41,  0x50,  0x51,  0x54,       0x60,
    0x62,  0x63,  0x64,  0x65,  0x66,  0x67,  0x68,  0x69,  0x6a,  0x70,  0x71,       0x82,
    0x90,  0x91,  0xa0,  0xa1,  0xa2,  0xa3,  0xa4,  0xb0,  0xb1,  0xb3,  0xb4,       0xb5,
    0xb6,  0xb7,  0xb8,  0xc0,  0xc1,  0xd0,  0xd1,  0xe0,  0xe1,  0xe2,  0xf0,       0xf1,
    0xf2,  0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x110, 0x112, 0x113, 0x114,      0x115,
    0x120, 0x121, 0x150, 0x160, 0x170, 0x180, 0x190, 0x191, 0x1a0, 0x1a1, 0x80000000,
};

static void each_code_has_its_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(in_order); i++) {
        struct hufu_error err = {0};
        enum hufu_status status = hufu_fail_ckr(&err, in_order[i], "C_Sign");
        assert_int_equal(hufu_status_code(status), 9001 + (int)i);
        assert_int_equal(err.status, status);
        assert_int_equal(err.origin, HUFU_ORIGIN_PKCS11);
        assert_true(err.foreign == in_order[i]);
    }
}

struct row {
    CK_RV code;
    const char *call;
    int number;
};

static const struct row rows[] = {
    {CKR_PIN_INCORRECT, "C_Login", 9039},
    {CKR_PIN_LOCKED, "C_Login", 9043},
    {CKR_TOKEN_NOT_PRESENT, "C_OpenSession", 9056},
    {CKR_TOKEN_NOT_RECOGNIZED, "C_OpenSession", 9057},
    {CKR_VENDOR_DEFINED + 7, "C_Sign", 9083},
    {CKR_CURVE_NOT_SUPPORTED, "C_Sign", 9999}, /* newer than the numbers */
    {4, "C_Sign", 9999},
    {CKR_FUNCTION_CANCELED, "C_Sign", 9021},
    {CKR_FUNCTION_CANCELED, "token->module->C_Login(session, CKU_USER, NULL, 0)", 5070},
    {CKR_CANCEL, "C_Login", 5070},
};

static void the_call_counts_where_a_person_cancels(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_error err = {0};
        enum hufu_status status = hufu_fail_ckr(&err, rows[i].code, rows[i].call);
        assert_int_equal(hufu_status_code(status), rows[i].number);
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
        cmocka_unit_test(each_code_has_its_number),
        cmocka_unit_test(the_call_counts_where_a_person_cancels),
        cmocka_unit_test(names_the_function_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
