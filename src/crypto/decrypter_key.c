/* As signer_key.c, for the same reason (docs/decisions/0003-signing-seam.md). */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/cleanup.h"
#include "crypto/envelope.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

/* RSA-4096 holds less. */
enum { CLEAR_MAX = 512 };

HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(RSA *, RSA_free)

static int decrypter_index(void)
{
    static int index = -1;
    if (index < 0)
        index = RSA_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

/* A message that is damaged is no failure of the card: OpenSSL answers that itself. */
static bool ask_card(struct hufu_decrypter *decrypter, struct hufu_bytes cipher,
                     struct hufu_buf *ret_key)
{
    struct hufu_error problem = {0};
    enum hufu_status status = decrypter->decrypt(decrypter->context, cipher, ret_key, &problem);
    if (status != HUFU_OK && status != HUFU_E_DECRYPT)
        decrypter->card = problem;
    return status == HUFU_OK && !ret_key->failed;
}

/* OpenSSL unpads OAEP itself, and asks for no padding then. */
static int rsa_private_decrypt(int len, const unsigned char *input, unsigned char *output, RSA *rsa,
                               int padding)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf key = {.max = CLEAR_MAX};
    struct hufu_decrypter *decrypter = RSA_get_ex_data(rsa, decrypter_index());
    if (!decrypter || padding == RSA_NO_PADDING ||
        !ask_card(decrypter, hufu_bytes_of(input, (size_t)len), &key) ||
        key.len > (size_t)RSA_size(rsa))
        return -1;
    if (key.len)
        memcpy(output, key.data, key.len);
    return (int)key.len;
}

static const RSA_METHOD *decrypter_method(void)
{
    static RSA_METHOD *method;
    if (!method) {
        method = RSA_meth_dup(RSA_PKCS1_OpenSSL());
        if (method && RSA_meth_set_priv_dec(method, rsa_private_decrypt) != 1)
            return NULL;
    }
    return method;
}

static bool make_key(struct hufu_decrypter *decrypter, EVP_PKEY *public_key, EVP_PKEY *key)
{
    const RSA *from = EVP_PKEY_get0_RSA(public_key);
    HUFU_AUTO(RSA_free_auto) RSA *rsa = from ? RSAPublicKey_dup(from) : NULL;
    if (!rsa || !decrypter_method() || RSA_set_method(rsa, decrypter_method()) != 1 ||
        RSA_set_ex_data(rsa, decrypter_index(), decrypter) != 1 ||
        EVP_PKEY_assign_RSA(key, rsa) != 1)
        return false;
    rsa = NULL;
    return true;
}

enum hufu_status hufu_decrypter_key(struct hufu_decrypter *decrypter, EVP_PKEY **ret_key,
                                    struct hufu_error *err)
{
    EVP_PKEY *public_key = X509_get0_pubkey(hufu_certificate_x509(decrypter->certificate));
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = EVP_PKEY_new();
    if (!key || !public_key || EVP_PKEY_get_base_id(public_key) != EVP_PKEY_RSA ||
        !make_key(decrypter, public_key, key))
        return hufu_fail_from(err, HUFU_E_ALGORITHM, HUFU_ORIGIN_OPENSSL, ERR_peek_error(),
                              "key of the certificate");
    *ret_key = HUFU_TAKE(key);
    return HUFU_OK;
}
