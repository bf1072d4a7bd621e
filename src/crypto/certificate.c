#include "crypto/certificate.h"

#include "base/cleanup.h"
#include "crypto/asn1.h"
#include "wire/base64.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Taiwan keeps UTC+8 all year. */
enum { TAIWAN_OFFSET_S = 8 * 3600 };

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
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    size_t len = strlen(text);
    if (len == 0 || len > 2 * HUFU_CERTIFICATE_MAX)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "certificate missing or too long");
    if (hufu_base64_decode_lines(hufu_bytes_of(text, len), &der, NULL) != HUFU_OK)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "certificate is not base64");
    return hufu_certificate_read(hufu_buf_bytes(&der), ret, err);
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

static void add_label(struct hufu_buf *ret_text, const ASN1_OBJECT *object)
{
    int nid = OBJ_obj2nid(object);
    if (nid != NID_undef)
        hufu_buf_add_text(ret_text, OBJ_nid2sn(nid));
    else if (!hufu_asn1_oid(object, ret_text))
        hufu_buf_add_text(ret_text, "?");
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
        if (!hufu_asn1_text(X509_NAME_ENTRY_get_data(entry), ret_text))
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

enum hufu_status hufu_certificate_signature_algorithm(const struct hufu_certificate *certificate,
                                                      struct hufu_buf *ret_text,
                                                      struct hufu_error *err)
{
    const X509_ALGOR *algorithm = X509_get0_tbs_sigalg(certificate->x509);
    const ASN1_OBJECT *object = NULL;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (!hufu_asn1_algorithm(object, ret_text))
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "signature algorithm");
    return HUFU_OK;
}
