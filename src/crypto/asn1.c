#include "crypto/asn1.h"

#include "base/cleanup.h"
#include "wire/codepage.h"

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <string.h>

static struct hufu_bytes bytes_of(const ASN1_STRING *string)
{
    return hufu_bytes_of(ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string));
}

static bool add_in(const char *codepage, struct hufu_bytes bytes, struct hufu_buf *ret_text)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4 * bytes.len};
    if (hufu_codepage_decode(codepage, bytes, &text, NULL) != HUFU_OK)
        return false;
    hufu_buf_add(ret_text, text.data, text.len);
    return true;
}

/* Inferred: bytes that are strictly Big5 and not UTF-8 are the former. In Latin letters a few
 * accented words would be both; Taiwan's authorities have no use for them. */
static bool guess_big5(struct hufu_bytes bytes, struct hufu_buf *ret_text)
{
    return add_in("MS950", bytes, ret_text);
}

/* What OpenSSL makes of it by its type; a TeletexString counts as Latin-1. */
static bool add_typed(const ASN1_STRING *string, struct hufu_buf *ret_text)
{
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    bool good = len >= 0 && !memchr(utf8, 0, (size_t)len);
    if (good)
        hufu_buf_add(ret_text, utf8, (size_t)len);
    OPENSSL_free(utf8);
    return good;
}

static bool add_bytes(const ASN1_STRING *string, struct hufu_buf *ret_text)
{
    return add_in("UTF-8", bytes_of(string), ret_text) || guess_big5(bytes_of(string), ret_text);
}

static bool add_teletex(const ASN1_STRING *string, struct hufu_buf *ret_text)
{
    return add_bytes(string, ret_text) || add_typed(string, ret_text);
}

static const struct string_type {
    int type;
    bool (*add)(const ASN1_STRING *string, struct hufu_buf *ret_text);
} string_types[] = {
    {V_ASN1_UTF8STRING, add_typed},    {V_ASN1_UNIVERSALSTRING, add_typed},
    {V_ASN1_BMPSTRING, add_typed},     {V_ASN1_PRINTABLESTRING, add_bytes},
    {V_ASN1_IA5STRING, add_bytes},     {V_ASN1_NUMERICSTRING, add_bytes},
    {V_ASN1_VISIBLESTRING, add_bytes}, {V_ASN1_T61STRING, add_teletex},
};

static const struct string_type *find_type(int type)
{
    for (size_t i = 0; i < sizeof string_types / sizeof string_types[0]; i++)
        if (string_types[i].type == type)
            return &string_types[i];
    return NULL;
}

bool hufu_asn1_is_text(int type)
{
    return find_type(type) != NULL;
}

bool hufu_asn1_text(const ASN1_STRING *string, struct hufu_buf *ret_text)
{
    const struct string_type *row = find_type(ASN1_STRING_type(string));
    return row && row->add(string, ret_text);
}

bool hufu_asn1_oid(const ASN1_OBJECT *object, struct hufu_buf *ret_text)
{
    char dotted[HUFU_OID_TEXT_MAX];
    int len = OBJ_obj2txt(dotted, sizeof dotted, object, 1);
    if (len <= 0 || len >= (int)sizeof dotted)
        return false;
    hufu_buf_add_text(ret_text, dotted);
    return true;
}

ASN1_OBJECT *hufu_asn1_read_oid(const char *text)
{
    size_t len = strlen(text);
    bool dotted = len > 0 && len < HUFU_OID_TEXT_MAX && strspn(text, "0123456789.") == len &&
                  text[0] != '.' && text[len - 1] != '.' && !strstr(text, "..");
    return dotted ? OBJ_txt2obj(text, 1) : NULL;
}

bool hufu_asn1_algorithm(const ASN1_OBJECT *object, struct hufu_buf *ret_text)
{
    int nid = OBJ_obj2nid(object);
    if (nid == NID_undef)
        return hufu_asn1_oid(object, ret_text);
    hufu_buf_add_text(ret_text, OBJ_nid2ln(nid));
    return true;
}
