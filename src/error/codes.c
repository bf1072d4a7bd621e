#include "error/codes.h"

#define EN(...) [HUFU_LANGUAGE_EN] = {__VA_ARGS__}
#define ZH(...) [HUFU_LANGUAGE_ZH_TW] = {__VA_ARGS__}

static const struct hufu_code codes[] = {
#define HUFU_ERROR(name, code, ...)                                                                \
    {.symbol = #name, .number = (code), .raised = true, .says = {__VA_ARGS__}},
#define HUFU_KNOWN(name, code, ...)                                                                \
    {.symbol = #name, .number = (code), .raised = false, .says = {__VA_ARGS__}},
#include "error/errors.def"
#undef HUFU_ERROR
#undef HUFU_KNOWN
};

enum place {
#define HUFU_ERROR(name, ...) AT_##name,
#define HUFU_KNOWN(name, ...) AT_##name,
#include "error/errors.def"
#undef HUFU_ERROR
#undef HUFU_KNOWN
};

static const enum place places[HUFU_STATUS_COUNT] = {
#define HUFU_ERROR(name, ...) [HUFU_##name] = AT_##name,
#define HUFU_KNOWN(...)
#include "error/errors.def"
#undef HUFU_ERROR
#undef HUFU_KNOWN
};

static const struct hufu_family families[] = {
    {0, 0, {"No error", "沒有錯誤"}},
    {61001, 61999, {"The service on this computer", "電腦上的服務"}},
    {13, 3999, {"Access to the card, as other components report it", "其他元件回報的卡片存取錯誤"}},
    {5001, 5199, {"Certificates, signatures and the card", "憑證、簽章與卡片"}},
    {5201, 5299, {"The certificate store of Windows", "Windows 憑證存放區"}},
    {5401, 5499, {"Whether a certificate was revoked", "憑證廢止狀態查詢"}},
    {5500, 5599, {"Connections that a component makes", "元件對外的連線"}},
    {5901, 5999, {"Texts, files and permission", "文字、檔案與存取權限"}},
    {9001, 9999, {"The card's driver (PKCS#11)", "卡片驅動程式（PKCS#11）"}},
};

size_t hufu_codes_count(void)
{
    return sizeof codes / sizeof codes[0];
}

const struct hufu_code *hufu_codes_at(size_t index)
{
    return &codes[index];
}

const struct hufu_code *hufu_code_find(long number)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].number == number)
            return &codes[i];
    return NULL;
}

const struct hufu_code *hufu_code_of(enum hufu_status status)
{
    return &codes[places[status < HUFU_STATUS_COUNT ? status : HUFU_E_GENERAL]];
}

size_t hufu_families_count(void)
{
    return sizeof families / sizeof families[0];
}

const struct hufu_family *hufu_families_at(size_t index)
{
    return &families[index];
}

static unsigned long distance(const struct hufu_family *family, long number)
{
    if (number < family->first)
        return (unsigned long)family->first - (unsigned long)number;
    return number > family->last ? (unsigned long)number - (unsigned long)family->last : 0;
}

const struct hufu_family *hufu_family_nearest(long number)
{
    const struct hufu_family *nearest = &families[1];
    for (size_t i = 2; i < sizeof families / sizeof families[0]; i++)
        if (distance(&families[i], number) < distance(nearest, number))
            nearest = &families[i];
    return nearest;
}
