/* OpenSSL 3 has no public way to sign with a foreign key except a provider or these methods, which
 * it deprecates but keeps; pkcs11 engines use the same (docs/decisions/0003-signing-seam.md). */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/signer.h"

#include "base/cleanup.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

/* RSA-4096 and P-521 give at most this many bytes. */
enum { SIGNATURE_MAX = 512 };

HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(RSA *, RSA_free)
HUFU_DEFINE_AUTO(EC_KEY *, EC_KEY_free)

static bool ask_signer(const struct hufu_signer *signer, const unsigned char *input, int len,
                       struct hufu_buf *ret_signature)
{
    return signer &&
           signer->sign(signer->context, hufu_bytes_of(input, (size_t)len), ret_signature,
                        signer->err) == HUFU_OK &&
           !ret_signature->failed;
}

/* --- RSA --- */

static int rsa_index(void)
{
    static int index = -1;
    if (index < 0)
        index = RSA_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static int rsa_private_encrypt(int len, const unsigned char *input, unsigned char *output, RSA *rsa,
                               int padding)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf signature = {.max = SIGNATURE_MAX};
    if (padding != RSA_PKCS1_PADDING ||
        !ask_signer(RSA_get_ex_data(rsa, rsa_index()), input, len, &signature) ||
        signature.len != (size_t)RSA_size(rsa))
        return -1;
    memcpy(output, signature.data, signature.len);
    return (int)signature.len;
}

static const RSA_METHOD *rsa_method(void)
{
    static RSA_METHOD *method;
    if (!method) {
        method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
        if (method && RSA_meth_set_priv_enc(method, rsa_private_encrypt) != 1)
            return NULL;
    }
    return method;
}

static bool make_rsa(const struct hufu_signer *signer, EVP_PKEY *public_key, EVP_PKEY *key)
{
    const RSA *from = EVP_PKEY_get0_RSA(public_key);
    HUFU_AUTO(RSA_free_auto) RSA *rsa = from ? RSAPublicKey_dup(from) : NULL;
    if (!rsa || !rsa_method() || RSA_set_method(rsa, rsa_method()) != 1 ||
        RSA_set_ex_data(rsa, rsa_index(), (void *)(uintptr_t)signer) != 1 ||
        EVP_PKEY_assign_RSA(key, rsa) != 1)
        return false;
    rsa = NULL;
    return true;
}

/* --- ECDSA --- */

static int ec_index(void)
{
    static int index = -1;
    if (index < 0)
        index = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static ECDSA_SIG *ec_sign(const unsigned char *hash, int len, const BIGNUM *unused_inverse,
                          const BIGNUM *unused_r, EC_KEY *key)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pair = {.max = SIGNATURE_MAX};
    (void)unused_inverse;
    (void)unused_r;
    if (!ask_signer(EC_KEY_get_ex_data(key, ec_index()), hash, len, &pair) || pair.len == 0 ||
        pair.len % 2)
        return NULL;
    int half = (int)(pair.len / 2);
    BIGNUM *r = BN_bin2bn(pair.data, half, NULL);
    BIGNUM *s = BN_bin2bn(pair.data + half, half, NULL);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    if (r && s && signature && ECDSA_SIG_set0(signature, r, s) == 1)
        return signature;
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return NULL;
}

static const EC_KEY_METHOD *ec_method(void)
{
    static EC_KEY_METHOD *method;
    if (!method) {
        int (*sign)(int, const unsigned char *, int, unsigned char *, unsigned int *,
                    const BIGNUM *, const BIGNUM *, EC_KEY *) = NULL;
        int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **) = NULL;
        method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
        if (!method)
            return NULL;
        EC_KEY_METHOD_get_sign(method, &sign, &setup, NULL);
        EC_KEY_METHOD_set_sign(method, sign, setup, ec_sign);
    }
    return method;
}

static bool make_ec(const struct hufu_signer *signer, EVP_PKEY *public_key, EVP_PKEY *key)
{
    const EC_KEY *from = EVP_PKEY_get0_EC_KEY(public_key);
    HUFU_AUTO(EC_KEY_free_auto) EC_KEY *ec = from ? EC_KEY_dup(from) : NULL;
    if (!ec || !ec_method() || EC_KEY_set_method(ec, ec_method()) != 1 ||
        EC_KEY_set_ex_data(ec, ec_index(), (void *)(uintptr_t)signer) != 1 ||
        EVP_PKEY_assign_EC_KEY(key, ec) != 1)
        return false;
    ec = NULL;
    return true;
}

enum hufu_status hufu_signer_key(const struct hufu_signer *signer, EVP_PKEY **ret_key,
                                 struct hufu_error *err)
{
    EVP_PKEY *public_key = X509_get0_pubkey(hufu_certificate_x509(signer->certificate));
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = EVP_PKEY_new();
    bool made =
        key && public_key &&
        (EVP_PKEY_get_base_id(public_key) == EVP_PKEY_RSA
             ? make_rsa(signer, public_key, key)
             : EVP_PKEY_get_base_id(public_key) == EVP_PKEY_EC && make_ec(signer, public_key, key));
    if (!made)
        return hufu_fail_from(err, HUFU_E_ALGORITHM, HUFU_ORIGIN_OPENSSL, ERR_peek_error(),
                              "key of the certificate");
    *ret_key = HUFU_TAKE(key);
    return HUFU_OK;
}
