#include "crypto/signer.h"

#include "base/cleanup.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
HUFU_DEFINE_AUTO(CMS_ContentInfo *, CMS_ContentInfo_free)
HUFU_DEFINE_AUTO(BIO *, BIO_free_all)

const EVP_MD *hufu_digest_md(enum hufu_digest digest)
{
    static const EVP_MD *(*const functions[])(void) = {
        [HUFU_DIGEST_MD5] = EVP_md5,       [HUFU_DIGEST_SHA1] = EVP_sha1,
        [HUFU_DIGEST_SHA224] = EVP_sha224, [HUFU_DIGEST_SHA256] = EVP_sha256,
        [HUFU_DIGEST_SHA384] = EVP_sha384, [HUFU_DIGEST_SHA512] = EVP_sha512,
    };
    return functions[digest]();
}

/* The card's own reason, if it gave one, is the first cause; else it is OpenSSL's. */
static enum hufu_status signing_failed(const struct hufu_signer *signer, struct hufu_error *err)
{
    if (signer->err && signer->err->status != HUFU_OK) {
        if (err && err != signer->err)
            *err = *signer->err;
        return signer->err->status;
    }
    return hufu_fail_from(err, HUFU_E_SIGN, HUFU_ORIGIN_OPENSSL, ERR_peek_error(), "signing");
}

static bool add_chain(CMS_ContentInfo *cms, const struct hufu_certificate *const *chain,
                      size_t chain_count)
{
    for (size_t i = 0; i < chain_count; i++)
        if (CMS_add1_cert(cms, hufu_certificate_without_key(chain[i])) != 1)
            return false;
    return true;
}

static bool append_der(CMS_ContentInfo *cms, struct hufu_buf *ret_der)
{
    unsigned char *der = NULL;
    int len = i2d_CMS_ContentInfo(cms, &der);
    if (len > 0)
        hufu_buf_add(ret_der, der, (size_t)len);
    OPENSSL_free(der);
    return len > 0 && !ret_der->failed;
}

/* ECDSA has no name for a signature of an MD5. */
static enum hufu_status check_digest(const struct hufu_signer *signer, enum hufu_digest digest,
                                     struct hufu_error *err)
{
    const EVP_PKEY *key = X509_get0_pubkey(hufu_certificate_x509(signer->certificate));
    if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && digest == HUFU_DIGEST_MD5)
        return hufu_fail(err, HUFU_E_ALGORITHM, "MD5 with ECDSA");
    return HUFU_OK;
}

enum hufu_status hufu_cms_sign(const struct hufu_signer *signer, enum hufu_digest digest,
                               unsigned options, struct hufu_bytes content,
                               const struct hufu_certificate *const *chain, size_t chain_count,
                               struct hufu_buf *ret_der, struct hufu_error *err)
{
    unsigned flags = CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
    flags |= options & HUFU_CMS_DETACHED ? CMS_DETACHED : 0;
    flags |= options & HUFU_CMS_NO_CERTIFICATE ? CMS_NOCERTS : 0;
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = NULL;
    HUFU_TRY(check_digest(signer, digest, err));
    HUFU_TRY(hufu_signer_key(signer, &key, err));
    ERR_clear_error();
    HUFU_AUTO(BIO_free_all_auto)
    BIO *data = BIO_new_mem_buf(content.data ? (const void *)content.data : "", (int)content.len);
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = data ? CMS_sign(NULL, NULL, NULL, data, flags) : NULL;
    if (!cms ||
        !CMS_add1_signer(cms, hufu_certificate_x509(signer->certificate), key,
                         hufu_digest_md(digest), flags) ||
        !add_chain(cms, chain, chain_count) || CMS_final(cms, data, NULL, flags) != 1 ||
        !append_der(cms, ret_der))
        return signing_failed(signer, err);
    return HUFU_OK;
}

/* With a digest set OpenSSL puts the DigestInfo around; without one RSA pads the bare hash. */
static bool sign_hash(EVP_PKEY *key, const EVP_MD *md, bool bare, struct hufu_bytes hash,
                      struct hufu_buf *ret_signature)
{
    HUFU_AUTO(EVP_PKEY_CTX_free_auto) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t len = (size_t)EVP_PKEY_get_size(key);
    if (!context || EVP_PKEY_sign_init(context) != 1 ||
        (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA &&
         EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1) ||
        (!bare && EVP_PKEY_CTX_set_signature_md(context, md) != 1))
        return false;
    uint8_t *signature = hufu_buf_extend(ret_signature, len);
    if (!signature || EVP_PKEY_sign(context, signature, &len, hash.data, hash.len) != 1)
        return false;
    hufu_buf_shorten(ret_signature, (size_t)EVP_PKEY_get_size(key) - len);
    return true;
}

enum hufu_status hufu_pure_sign(const struct hufu_signer *signer, enum hufu_digest digest,
                                unsigned options, struct hufu_bytes data,
                                struct hufu_buf *ret_signature, struct hufu_error *err)
{
    const EVP_MD *md = hufu_digest_md(digest);
    unsigned char computed[EVP_MAX_MD_SIZE];
    unsigned computed_len = 0;
    struct hufu_bytes hash = data;
    if (options & HUFU_PURE_IS_HASH) {
        if (data.len != (size_t)EVP_MD_get_size(md))
            return hufu_fail(err, HUFU_E_PARAMETER, "not a hash of this algorithm");
    } else {
        if (EVP_Digest(data.data ? (const void *)data.data : "", data.len, computed, &computed_len,
                       md, NULL) != 1)
            return hufu_fail(err, HUFU_E_ALGORITHM, "digest");
        hash = hufu_bytes_of(computed, computed_len);
    }
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = NULL;
    HUFU_TRY(check_digest(signer, digest, err));
    HUFU_TRY(hufu_signer_key(signer, &key, err));
    ERR_clear_error();
    if (!sign_hash(key, md, options & HUFU_PURE_NO_DIGESTINFO, hash, ret_signature))
        return signing_failed(signer, err);
    return HUFU_OK;
}
