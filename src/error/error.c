#include "error/error.h"

#include "base/log.h"
#include "error/codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const origin_names[] = {
    [HUFU_ORIGIN_NONE] = "",         [HUFU_ORIGIN_ERRNO] = "errno",
    [HUFU_ORIGIN_PKCS11] = "CKR",    [HUFU_ORIGIN_OPENSSL] = "OpenSSL",
    [HUFU_ORIGIN_ASSUAN] = "Assuan",
};

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
    return hufu_code_of(status)->number;
}

const char *hufu_status_symbol(enum hufu_status status)
{
    return hufu_code_of(status)->symbol;
}

enum hufu_status hufu_status_from_code(long code)
{
    for (int i = 0; i < HUFU_STATUS_COUNT; i++)
        if (hufu_status_code((enum hufu_status)i) == code)
            return (enum hufu_status)i;
    return HUFU_E_GENERAL;
}

const char *hufu_status_text(enum hufu_status status, enum hufu_language language)
{
    return hufu_code_of(status)->says[language].text;
}

const char *hufu_status_remedy(enum hufu_status status, enum hufu_language language)
{
    return hufu_code_of(status)->says[language].remedy;
}

void hufu_error_format(const struct hufu_error *err, char *ret_line, size_t size)
{
    const char *text = hufu_status_text(err->status, HUFU_LANGUAGE_EN);
    int code = hufu_status_code(err->status);
    if (err->origin == HUFU_ORIGIN_NONE)
        snprintf(ret_line, size, "%s (%d)%s%s", text, code, err->detail[0] ? ": " : "",
                 err->detail);
    else
        snprintf(ret_line, size, "%s (%d, %s 0x%lx)%s%s", text, code, origin_names[err->origin],
                 err->foreign, err->detail[0] ? ": " : "", err->detail);
}

void hufu_error_log(const char *what, const struct hufu_error *err)
{
    char line[HUFU_ERROR_DETAIL_MAX * 2];
    hufu_error_format(err, line, sizeof line);
    hufu_log("%s: %s", what, line);
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
