#include "crypto/certificate.h"

#include "base/cleanup.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Taiwan keeps UTC+8 all year. */
enum { TAIWAN_OFFSET_S = 8 * 3600, OID_TEXT_MAX = 128 };

/* The years that have the four digits of YYYY. */
enum { YEAR_FIRST = 1000, YEAR_LAST = 9999, YEAR_OFFSET = 1900 };

HUFU_DEFINE_AUTO(X509 *, X509_free)
HUFU_DEFINE_AUTO(BIGNUM *, BN_free)
HUFU_DEFINE_AUTO(ASN1_OBJECT *, ASN1_OBJECT_free)

struct hufu_certificate {
    X509 *x509;
    struct hufu_buf der;
};

enum hufu_status hufu_certificate_read(struct hufu_bytes der, struct hufu_certificate **ret,
                                       struct hufu_error *err)
{
    if (!der.data || der.len > HUFU_CERTIFICATE_MAX)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "certificate missing or too long");
    const unsigned char *at = der.data;
    HUFU_AUTO(X509_free_auto) X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    if (!x509 || at != der.data + der.len)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "not one certificate");
    struct hufu_certificate *certificate = calloc(1, sizeof *certificate);
    if (!certificate)
        return hufu_fail(err, HUFU_E_MEMORY, "certificate");
    hufu_buf_init(&certificate->der, HUFU_CERTIFICATE_MAX);
    hufu_buf_add(&certificate->der, der.data, der.len);
    certificate->x509 = HUFU_TAKE(x509);
    *ret = certificate;
    return HUFU_OK;
}

enum hufu_status hufu_certificate_read_base64(const char *text, struct hufu_certificate **ret,
                                              struct hufu_error *err)
{
    size_t len = strlen(text);
    if (len == 0 || len > 2 * HUFU_CERTIFICATE_MAX)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "certificate missing or too long");
    HUFU_AUTO(hufu_free) unsigned char *der = malloc(len);
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    int der_len = 0;
    int tail_len = 0;
    bool decoded = der && context;
    if (decoded) {
        EVP_DecodeInit(context);
        decoded =
            EVP_DecodeUpdate(context, der, &der_len, (const unsigned char *)text, (int)len) >= 0 &&
            EVP_DecodeFinal(context, der + der_len, &tail_len) == 1;
    }
    EVP_ENCODE_CTX_free(context);
    if (!decoded)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "certificate is not base64");
    return hufu_certificate_read(hufu_bytes_of(der, (size_t)(der_len + tail_len)), ret, err);
}

void hufu_certificate_free(struct hufu_certificate *certificate)
{
    if (!certificate)
        return;
    X509_free(certificate->x509);
    hufu_buf_done(&certificate->der);
    free(certificate);
}

X509 *hufu_certificate_x509(const struct hufu_certificate *certificate)
{
    return certificate->x509;
}

struct hufu_bytes hufu_certificate_der(const struct hufu_certificate *certificate)
{
    return hufu_buf_bytes(&certificate->der);
}

bool hufu_certificate_is_ca(const struct hufu_certificate *certificate)
{
    return (X509_get_extension_flags(certificate->x509) & EXFLAG_CA) != 0;
}

uint32_t hufu_certificate_key_usage(const struct hufu_certificate *certificate)
{
    return X509_get_key_usage(certificate->x509);
}

enum hufu_status hufu_certificate_check_time(const struct hufu_certificate *certificate,
                                             struct hufu_error *err)
{
    if (X509_cmp_current_time(X509_get0_notBefore(certificate->x509)) > 0)
        return hufu_fail(err, HUFU_E_NOT_YET_VALID, NULL);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate->x509)) < 0)
        return hufu_fail(err, HUFU_E_EXPIRED, NULL);
    return HUFU_OK;
}

/* A value in UTF-8, whichever string type the issuer chose. A NUL inside would hide what follows.
 */
static bool add_string(struct hufu_buf *ret_text, const ASN1_STRING *string)
{
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    bool good = len >= 0 && !memchr(utf8, 0, (size_t)len);
    if (good)
        hufu_buf_add(ret_text, utf8, (size_t)len);
    OPENSSL_free(utf8);
    return good;
}

static void add_label(struct hufu_buf *ret_text, const ASN1_OBJECT *object)
{
    int nid = OBJ_obj2nid(object);
    char dotted[OID_TEXT_MAX];
    if (nid == NID_undef)
        OBJ_obj2txt(dotted, sizeof dotted, object, 1);
    hufu_buf_add_text(ret_text, nid == NID_undef ? dotted : OBJ_nid2sn(nid));
    hufu_buf_add_u8(ret_text, '=');
}

enum hufu_status hufu_certificate_name(const struct hufu_certificate *certificate,
                                       enum hufu_name name, const char *part,
                                       struct hufu_buf *ret_text, struct hufu_error *err)
{
    X509_NAME *from = name == HUFU_NAME_SUBJECT ? X509_get_subject_name(certificate->x509)
                                                : X509_get_issuer_name(certificate->x509);
    HUFU_AUTO(ASN1_OBJECT_free_auto) ASN1_OBJECT *wanted = part ? OBJ_txt2obj(part, 0) : NULL;
    bool first = true;
    for (int i = 0; i < X509_NAME_entry_count(from); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(from, i);
        const ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
        if (part && (!wanted || OBJ_cmp(object, wanted) != 0))
            continue;
        if (!first)
            hufu_buf_add_u8(ret_text, '\n');
        first = false;
        if (!part)
            add_label(ret_text, object);
        if (!add_string(ret_text, X509_NAME_ENTRY_get_data(entry)))
            return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "name is not text");
    }
    return ret_text->failed ? hufu_fail(err, HUFU_E_MEMORY, "name") : HUFU_OK;
}

enum hufu_status hufu_certificate_serial(const struct hufu_certificate *certificate,
                                         struct hufu_buf *ret_hex, struct hufu_error *err)
{
    HUFU_AUTO(BN_free_auto)
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate->x509), NULL);
    if (!number)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "serial number");
    char *hex = BN_bn2hex(number);
    if (!hex)
        return hufu_fail(err, HUFU_E_MEMORY, "serial number");
    hufu_buf_add_text(ret_hex, hex);
    OPENSSL_free(hex);
    return HUFU_OK;
}

enum hufu_status hufu_certificate_time(const struct hufu_certificate *certificate,
                                       enum hufu_time time, struct hufu_buf *ret_text,
                                       struct hufu_error *err)
{
    const ASN1_TIME *from = time == HUFU_TIME_NOT_BEFORE ? X509_get0_notBefore(certificate->x509)
                                                         : X509_get0_notAfter(certificate->x509);
    struct tm utc = {0};
    if (ASN1_TIME_to_tm(from, &utc) != 1)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "date");
    time_t seconds = timegm(&utc) + TAIWAN_OFFSET_S;
    struct tm taiwan = {0};
    char text[32];
    if (!gmtime_r(&seconds, &taiwan) || taiwan.tm_year + YEAR_OFFSET < YEAR_FIRST ||
        taiwan.tm_year + YEAR_OFFSET > YEAR_LAST ||
        strftime(text, sizeof text, "%Y%m%d%H%M%S+0800", &taiwan) == 0)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "date out of range");
    hufu_buf_add_text(ret_text, text);
    return HUFU_OK;
}

enum hufu_status hufu_certificate_public_key(const struct hufu_certificate *certificate,
                                             struct hufu_buf *ret_der, struct hufu_error *err)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate->x509), &der);
    if (len <= 0)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "public key");
    hufu_buf_add(ret_der, der, (size_t)len);
    OPENSSL_free(der);
    return HUFU_OK;
}

long hufu_certificate_version(const struct hufu_certificate *certificate)
{
    return X509_get_version(certificate->x509) + 1;
}

/* --- subjectDirectoryAttributes ::= SEQUENCE OF Attribute --- */

static bool is_string(int type)
{
    return type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING ||
           type == V_ASN1_IA5STRING || type == V_ASN1_BMPSTRING || type == V_ASN1_T61STRING ||
           type == V_ASN1_NUMERICSTRING || type == V_ASN1_UNIVERSALSTRING;
}

static bool add_value(struct hufu_buf *ret_text, X509_ATTRIBUTE *attribute)
{
    const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attribute, 0);
    if (!value)
        return false;
    if (value->type == V_ASN1_OBJECT) {
        char dotted[OID_TEXT_MAX];
        int len = OBJ_obj2txt(dotted, sizeof dotted, value->value.object, 1);
        hufu_buf_add_text(ret_text, dotted);
        return len > 0 && len < (int)sizeof dotted;
    }
    return is_string(value->type) && add_string(ret_text, value->value.asn1_string);
}

static bool is_oid(X509_ATTRIBUTE *attribute, const char *oid)
{
    char dotted[OID_TEXT_MAX];
    int len = OBJ_obj2txt(dotted, sizeof dotted, X509_ATTRIBUTE_get0_object(attribute), 1);
    return len > 0 && len < (int)sizeof dotted && strcmp(dotted, oid) == 0;
}

static const ASN1_OCTET_STRING *directory_attributes(const struct hufu_certificate *certificate)
{
    int at = X509_get_ext_by_NID(certificate->x509, NID_subject_directory_attributes, -1);
    return at < 0 ? NULL : X509_EXTENSION_get_data(X509_get_ext(certificate->x509, at));
}

enum hufu_status hufu_certificate_attribute(const struct hufu_certificate *certificate,
                                            const char *oid, struct hufu_buf *ret_text,
                                            struct hufu_error *err)
{
    const ASN1_OCTET_STRING *extension = directory_attributes(certificate);
    const unsigned char *at = extension ? ASN1_STRING_get0_data(extension) : NULL;
    long len = extension ? ASN1_STRING_length(extension) : 0;
    const unsigned char *end = at ? at + len : NULL;
    int tag = 0;
    int class = 0;
    if (!at || ASN1_get_object(&at, &len, &tag, &class, len) != V_ASN1_CONSTRUCTED ||
        tag != V_ASN1_SEQUENCE)
        return hufu_fail(err, HUFU_E_NO_ATTRIBUTE, NULL);
    while (at < end) {
        X509_ATTRIBUTE *attribute = d2i_X509_ATTRIBUTE(NULL, &at, end - at);
        if (!attribute)
            return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "subjectDirectoryAttributes");
        bool found = is_oid(attribute, oid);
        bool added = found && add_value(ret_text, attribute);
        X509_ATTRIBUTE_free(attribute);
        if (found)
            return added ? HUFU_OK : hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "attribute value");
    }
    return hufu_fail(err, HUFU_E_NO_ATTRIBUTE, NULL);
}
