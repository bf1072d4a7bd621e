#include "crypto/certificate.h"

#include "base/cleanup.h"
#include "crypto/asn1.h"
#include "wire/base64.h"

#include <openssl/err.h>
#include <openssl/provider.h>
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
HUFU_DEFINE_AUTO(ASN1_BIT_STRING *, ASN1_BIT_STRING_free)
HUFU_DEFINE_AUTO(BASIC_CONSTRAINTS *, BASIC_CONSTRAINTS_free)
HUFU_DEFINE_AUTO(struct hufu_certificate *, hufu_certificate_free)

struct hufu_certificate {
    struct hufu_buf der;
    X509 *bare;  /* without its key */
    X509 **x509; /* with it: one, NULL until it is needed */
    bool is_ca;
    uint32_t key_usage;
};

/* --- reading --- */

/* A library context that has nothing to make a key with. OpenSSL makes one of each certificate that
 * it reads, and since version 3 that takes eight times as long as the rest. NULL, the usual
 * context, is only slower. */
static OSSL_LIB_CTX *context_without_keys(void)
{
    static OSSL_LIB_CTX *context;
    if (!context) {
        context = OSSL_LIB_CTX_new();
        if (context && !OSSL_PROVIDER_load(context, "null")) {
            OSSL_LIB_CTX_free(context);
            context = NULL;
        }
    }
    return context;
}

static X509 *parse(OSSL_LIB_CTX *context, struct hufu_bytes der)
{
    const unsigned char *at = der.data;
    HUFU_AUTO(X509_free_auto) X509 *x509 = X509_new_ex(context, NULL);
    ERR_set_mark();
    bool read = x509 && d2i_X509(&x509, &at, (long)der.len) && at == der.data + der.len;
    ERR_pop_to_mark();
    return read ? HUFU_TAKE(x509) : NULL;
}

static bool is_ca(const X509 *x509)
{
    HUFU_AUTO(BASIC_CONSTRAINTS_free_auto)
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_basic_constraints, NULL, NULL);
    return constraints && constraints->ca;
}

/* The first bit of the BIT STRING is the highest of the first byte, which is the lower one here. */
static uint32_t key_usage(const X509 *x509)
{
    int state = 0; /* -1: there is none; else it is broken, or there are two */
    HUFU_AUTO(ASN1_BIT_STRING_free_auto)
    ASN1_BIT_STRING *bits = X509_get_ext_d2i(x509, NID_key_usage, &state, NULL);
    if (!bits)
        return state == -1 ? UINT32_MAX : 0;
    const unsigned char *data = ASN1_STRING_get0_data(bits);
    int len = ASN1_STRING_length(bits);
    return (len > 0 ? data[0] : 0u) | (len > 1 ? (uint32_t)data[1] << 8 : 0u);
}

enum hufu_status hufu_certificate_read(struct hufu_bytes der, struct hufu_certificate **ret,
                                       struct hufu_error *err)
{
    if (!der.data || der.len > HUFU_CERTIFICATE_MAX)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "certificate missing or too long");
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = calloc(1, sizeof *certificate);
    if (!certificate || !(certificate->x509 = calloc(1, sizeof *certificate->x509)))
        return hufu_fail(err, HUFU_E_MEMORY, "certificate");
    certificate->bare = parse(context_without_keys(), der);
    if (!certificate->bare)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "not one certificate");
    certificate->is_ca = is_ca(certificate->bare);
    certificate->key_usage = key_usage(certificate->bare);
    hufu_buf_init(&certificate->der, HUFU_CERTIFICATE_MAX);
    hufu_buf_add(&certificate->der, der.data, der.len);
    if (certificate->der.failed)
        return hufu_fail(err, HUFU_E_MEMORY, "certificate");
    *ret = HUFU_TAKE(certificate);
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
    X509_free(certificate->bare);
    if (certificate->x509)
        X509_free(*certificate->x509);
    free(certificate->x509);
    hufu_buf_done(&certificate->der);
    free(certificate);
}

X509 *hufu_certificate_without_key(const struct hufu_certificate *certificate)
{
    return certificate->bare;
}

X509 *hufu_certificate_x509(const struct hufu_certificate *certificate)
{
    X509 **x509 = certificate->x509;
    if (!*x509)
        *x509 = parse(NULL, hufu_buf_bytes(&certificate->der));
    return *x509;
}

struct hufu_bytes hufu_certificate_der(const struct hufu_certificate *certificate)
{
    return hufu_buf_bytes(&certificate->der);
}

bool hufu_certificate_is_ca(const struct hufu_certificate *certificate)
{
    return certificate->is_ca;
}

uint32_t hufu_certificate_key_usage(const struct hufu_certificate *certificate)
{
    return certificate->key_usage;
}

enum hufu_status hufu_certificate_check_time(const struct hufu_certificate *certificate,
                                             struct hufu_error *err)
{
    if (X509_cmp_current_time(X509_get0_notBefore(certificate->bare)) > 0)
        return hufu_fail(err, HUFU_E_NOT_YET_VALID, NULL);
    if (X509_cmp_current_time(X509_get0_notAfter(certificate->bare)) < 0)
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
    X509_NAME *from = name == HUFU_NAME_SUBJECT ? X509_get_subject_name(certificate->bare)
                                                : X509_get_issuer_name(certificate->bare);
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
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate->bare), NULL);
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
    const ASN1_TIME *from = time == HUFU_TIME_NOT_BEFORE ? X509_get0_notBefore(certificate->bare)
                                                         : X509_get0_notAfter(certificate->bare);
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
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate->bare), &der);
    if (len <= 0)
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "public key");
    hufu_buf_add(ret_der, der, (size_t)len);
    OPENSSL_free(der);
    return HUFU_OK;
}

long hufu_certificate_version(const struct hufu_certificate *certificate)
{
    return X509_get_version(certificate->bare) + 1;
}

enum hufu_status hufu_certificate_signature_algorithm(const struct hufu_certificate *certificate,
                                                      struct hufu_buf *ret_text,
                                                      struct hufu_error *err)
{
    const X509_ALGOR *algorithm = X509_get0_tbs_sigalg(certificate->bare);
    const ASN1_OBJECT *object = NULL;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (!hufu_asn1_algorithm(object, ret_text))
        return hufu_fail(err, HUFU_E_CERTIFICATE_FORMAT, "signature algorithm");
    return HUFU_OK;
}
