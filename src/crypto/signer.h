/* A private key that is somewhere else, on a card, as OpenSSL sees it: everything is computed here
 * except the one operation that needs the key. */
#ifndef HUFU_CRYPTO_SIGNER_H
#define HUFU_CRYPTO_SIGNER_H

#include "base/buf.h"
#include "crypto/certificate.h"
#include "error/error.h"

#include <openssl/types.h>

/* The key's operation: RSASSA-PKCS1-v1_5 of `input` as it is, normally a DigestInfo (RSA), or the
 * signature of the hash `input` as r and s side by side (ECDSA). Appends to `ret_signature`. */
typedef enum hufu_status hufu_raw_sign(void *context, struct hufu_bytes input,
                                       struct hufu_buf *ret_signature, struct hufu_error *err);

/* All borrowed while the signer is in use. */
struct hufu_signer {
    const struct hufu_certificate *certificate;
    hufu_raw_sign *sign;
    void *context;
    struct hufu_error *err; /* what `sign` reported; OpenSSL cannot carry it */
};

enum hufu_digest {
    HUFU_DIGEST_MD5,
    HUFU_DIGEST_SHA1,
    HUFU_DIGEST_SHA224,
    HUFU_DIGEST_SHA256,
    HUFU_DIGEST_SHA384,
    HUFU_DIGEST_SHA512,
};
const EVP_MD *hufu_digest_md(enum hufu_digest digest);

/* An EVP_PKEY with the certificate's public key whose private operation is the signer's. For
 * crypto/ only; EVP_PKEY_free it before the signer goes. */
enum hufu_status hufu_signer_key(const struct hufu_signer *signer, EVP_PKEY **ret_key,
                                 struct hufu_error *err);

enum {
    HUFU_CMS_DETACHED = 1,       /* the content is not in the result */
    HUFU_CMS_NO_CERTIFICATE = 2, /* nor is the signer's certificate */
};

/* Appends a CMS SignedData (RFC 5652), DER, with the signed attributes contentType, messageDigest
 * and signingTime. `chain` holds further certificates to enclose. */
enum hufu_status hufu_cms_sign(const struct hufu_signer *signer, enum hufu_digest digest,
                               unsigned options, struct hufu_bytes content,
                               const struct hufu_certificate *const *chain, size_t chain_count,
                               struct hufu_buf *ret_der, struct hufu_error *err);

enum {
    HUFU_PURE_IS_HASH = 1,       /* the data is the hash already */
    HUFU_PURE_NO_DIGESTINFO = 2, /* RSA: the hash is padded bare, without its algorithm */
};

/* Appends a signature without any envelope: RSASSA-PKCS1-v1_5, or ECDSA in DER. */
enum hufu_status hufu_pure_sign(const struct hufu_signer *signer, enum hufu_digest digest,
                                unsigned options, struct hufu_bytes data,
                                struct hufu_buf *ret_signature, struct hufu_error *err);

#endif
