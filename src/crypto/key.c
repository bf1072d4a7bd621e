#include "crypto/key.h"

#include "base/cleanup.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

HUFU_DEFINE_AUTO(ECDSA_SIG *, ECDSA_SIG_free)

static const EVP_PKEY *key_of(const struct hufu_certificate *certificate)
{
    return X509_get0_pubkey(hufu_certificate_x509(certificate));
}

enum hufu_key_kind hufu_key_kind(const struct hufu_certificate *certificate)
{
    const EVP_PKEY *key = key_of(certificate);
    int id = key ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    return id == EVP_PKEY_RSA ? HUFU_KEY_RSA : id == EVP_PKEY_EC ? HUFU_KEY_EC : HUFU_KEY_OTHER;
}

enum hufu_status hufu_key_pair_of_der(const struct hufu_certificate *certificate,
                                      struct hufu_bytes der, struct hufu_buf *ret_pair,
                                      struct hufu_error *err)
{
    enum { BITS = 8 };
    const unsigned char *at = der.data;
    HUFU_AUTO(ECDSA_SIG_free_auto) ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der.len);
    int half = (EVP_PKEY_get_bits(key_of(certificate)) + BITS - 1) / BITS;
    uint8_t *bytes = pair && half > 0 ? hufu_buf_extend(ret_pair, 2 * (size_t)half) : NULL;
    if (!bytes || BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, half) != half ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + half, half) != half)
        return hufu_fail(err, HUFU_E_SIGN, "r and s");
    return HUFU_OK;
}
