#include "error/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *symbol;
    int code;
    const char *text[2];
    const char *remedy[2];
};

static const struct row rows[HUFU_STATUS_COUNT] = {
#define HUFU_ERROR(name, number, text_en, remedy_en, text_zh, remedy_zh)                           \
    [HUFU_##name] = {                                                                              \
        .symbol = #name,                                                                           \
        .code = (number),                                                                          \
        .text = {[HUFU_LANGUAGE_EN] = (text_en), [HUFU_LANGUAGE_ZH_TW] = (text_zh)},               \
        .remedy = {[HUFU_LANGUAGE_EN] = (remedy_en), [HUFU_LANGUAGE_ZH_TW] = (remedy_zh)}},
#include "error/errors.def"
#undef HUFU_ERROR
};

static const char *const origin_names[] = {
    [HUFU_ORIGIN_NONE] = "",         [HUFU_ORIGIN_ERRNO] = "errno",
    [HUFU_ORIGIN_PKCS11] = "CKR",    [HUFU_ORIGIN_OPENSSL] = "OpenSSL",
    [HUFU_ORIGIN_ASSUAN] = "Assuan",
};

static const struct row *row_of(enum hufu_status status)
{
    return &rows[status < HUFU_STATUS_COUNT ? status : HUFU_E_GENERAL];
}

enum hufu_status hufu_fail(struct hufu_error *err, enum hufu_status status, const char *detail)
{
    return hufu_fail_from(err, status, HUFU_ORIGIN_NONE, 0, detail);
}

enum hufu_status hufu_fail_from(struct hufu_error *err, enum hufu_status status,
                                enum hufu_origin origin, unsigned long foreign, const char *detail)
{
    if (err && err->status == HUFU_OK) {
        *err = (struct hufu_error){.status = status, .origin = origin, .foreign = foreign};
        snprintf(err->detail, sizeof err->detail, "%s", detail ? detail : "");
    }
    return status;
}

int hufu_status_code(enum hufu_status status)
{
    return row_of(status)->code;
}

const char *hufu_status_symbol(enum hufu_status status)
{
    return row_of(status)->symbol;
}

enum hufu_status hufu_status_from_code(long code)
{
    for (int i = 0; i < HUFU_STATUS_COUNT; i++)
        if (rows[i].code == code)
            return (enum hufu_status)i;
    return HUFU_E_GENERAL;
}

const char *hufu_status_text(enum hufu_status status, enum hufu_language language)
{
    return row_of(status)->text[language];
}

const char *hufu_status_remedy(enum hufu_status status, enum hufu_language language)
{
    return row_of(status)->remedy[language];
}

void hufu_error_format(const struct hufu_error *err, char *ret_line, size_t size)
{
    const struct row *row = row_of(err->status);
    if (err->origin == HUFU_ORIGIN_NONE)
        snprintf(ret_line, size, "%s (%d)%s%s", row->text[HUFU_LANGUAGE_EN], row->code,
                 err->detail[0] ? ": " : "", err->detail);
    else
        snprintf(ret_line, size, "%s (%d, %s 0x%lx)%s%s", row->text[HUFU_LANGUAGE_EN], row->code,
                 origin_names[err->origin], err->foreign, err->detail[0] ? ": " : "", err->detail);
}

enum hufu_language hufu_language_of_environment(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0])
            return strncmp(value, "zh", 2) == 0 ? HUFU_LANGUAGE_ZH_TW : HUFU_LANGUAGE_EN;
    }
    return HUFU_LANGUAGE_EN;
}
