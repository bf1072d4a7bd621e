/* Digests of bytes, by the numbers of crypto/signer.h. */
#ifndef HUFU_CRYPTO_DIGEST_H
#define HUFU_CRYPTO_DIGEST_H

#include "crypto/signer.h"

/* Bytes of a digest. */
size_t hufu_digest_size(enum hufu_digest digest);

/* Appends the digest of `data`. HUFU_E_ALGORITHM where OpenSSL has been told to know it no more. */
enum hufu_status hufu_digest_make(enum hufu_digest digest, struct hufu_bytes data,
                                  struct hufu_buf *ret_bytes, struct hufu_error *err);

#endif
