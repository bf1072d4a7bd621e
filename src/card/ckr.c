#include "card/pkcs11.h"

#include <stdio.h>
#include <string.h>

struct row {
    CK_RV code;
    enum hufu_status status;
};

static const struct row rows[] = {
    {CKR_CANCEL, HUFU_E_CANCELLED},
    {CKR_HOST_MEMORY, HUFU_E_TOKEN_MEMORY},
    {CKR_SLOT_ID_INVALID, HUFU_E_NO_READER},
    {CKR_DATA_LEN_RANGE, HUFU_E_DATA_LENGTH},
    {CKR_DEVICE_ERROR, HUFU_E_DEVICE},
    {CKR_DEVICE_MEMORY, HUFU_E_TOKEN_MEMORY},
    {CKR_DEVICE_REMOVED, HUFU_E_REMOVED},
    {CKR_FUNCTION_CANCELED, HUFU_E_CANCELLED},
    {CKR_KEY_HANDLE_INVALID, HUFU_E_NO_KEY},
    {CKR_MECHANISM_INVALID, HUFU_E_MECHANISM},
    {CKR_PIN_INCORRECT, HUFU_E_PIN_INCORRECT},
    {CKR_PIN_INVALID, HUFU_E_PIN_INVALID},
    {CKR_PIN_LEN_RANGE, HUFU_E_PIN_LENGTH},
    {CKR_PIN_LOCKED, HUFU_E_PIN_LOCKED},
    {CKR_TOKEN_NOT_PRESENT, HUFU_E_NO_CARD},
    {CKR_TOKEN_NOT_RECOGNIZED, HUFU_E_UNKNOWN_CARD},
    {CKR_USER_NOT_LOGGED_IN, HUFU_E_LOGGED_OUT},
    {CKR_USER_PIN_NOT_INITIALIZED, HUFU_E_PIN_NOT_SET},
};

enum hufu_status hufu_fail_ckr(struct hufu_error *err, CK_RV code, const char *call)
{
    enum hufu_status status = HUFU_E_TOKEN;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].code == code)
            status = rows[i].status;
    const char *name = strstr(call, "C_"); /* "token->module->C_Sign(...)" */
    char detail[HUFU_ERROR_DETAIL_MAX];
    snprintf(detail, sizeof detail, "%.*s", (int)strcspn(name ? name : call, "("),
             name ? name : call);
    return hufu_fail_from(err, status, HUFU_ORIGIN_PKCS11, code, detail);
}
