/* Certificates as no authority makes them. Start with `= {0}`; what is not said is plain. */
#ifndef HUFU_TESTS_CRAFTED_H
#define HUFU_TESTS_CRAFTED_H

#include "citizens.h"

#include <openssl/x509v3.h>

struct crafted {
    const char *serial; /* hex */
    const char *not_before;
    const char *not_after; /* as in ASN.1, UTCTime or GeneralizedTime by their length */
    X509_NAME *subject;
    int extension; /* a NID and its content */
    struct hufu_bytes content;
};

static inline void set_time(ASN1_TIME *time, const char *text)
{
    bool general = text && strlen(text) == sizeof "YYYYMMDDhhmmssZ" - 1;
    time->type = general ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME;
    assert_int_equal(ASN1_STRING_set(time, text ? text : "300101000000Z", -1), 1);
}

static inline void set_serial(X509 *x509, const char *hex)
{
    BIGNUM *number = NULL;
    assert_true(BN_hex2bn(&number, hex ? hex : "01") > 0);
    assert_non_null(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)));
    BN_free(number);
}

static inline void add_extension(X509 *x509, int nid, struct hufu_bytes content)
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    assert_int_equal(ASN1_OCTET_STRING_set(octets, content.data, (int)content.len), 1);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, nid, 0, octets);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
}

/* Signed with a key of its own; Ed25519, because its signatures are all of one length. */
static inline void craft_der(const struct crafted *crafted, struct hufu_buf *ret_der)
{
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    HUFU_AUTO(X509_free_auto) X509 *x509 = X509_new();
    unsigned char *der = NULL;
    assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
    set_serial(x509, crafted->serial);
    set_time(X509_getm_notBefore(x509), crafted->not_before);
    set_time(X509_getm_notAfter(x509), crafted->not_after);
    if (crafted->subject)
        assert_int_equal(X509_set_subject_name(x509, crafted->subject), 1);
    if (crafted->extension)
        add_extension(x509, crafted->extension, crafted->content);
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    assert_true(X509_sign(x509, key, NULL) > 0);
    int len = i2d_X509(x509, &der);
    assert_true(len > 0);
    hufu_buf_add(ret_der, der, (size_t)len);
    OPENSSL_free(der);
}

static inline struct hufu_certificate *craft(const struct crafted *crafted)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    struct hufu_certificate *certificate = NULL;
    craft_der(crafted, &der);
    assert_int_equal(hufu_certificate_read(hufu_buf_bytes(&der), &certificate, NULL), HUFU_OK);
    return certificate;
}

#endif
