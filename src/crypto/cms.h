/* Messages in the Cryptographic Message Syntax (RFC 5652; PKCS#7) that a page brings along. */
#ifndef HUFU_CRYPTO_CMS_H
#define HUFU_CRYPTO_CMS_H

#include "base/buf.h"
#include "error/error.h"

/* Appends the name (crypto/asn1.h) of the algorithm of signer `index`, counted from 0, of a
 * SignedData in DER or BER. Where a message names key and hash apart, as most do, it is the name of
 * both together. Nothing is verified. HUFU_E_MESSAGE_FORMAT unless `der` is exactly one SignedData,
 * HUFU_E_NO_SIGNER where there is no such signer. */
enum hufu_status hufu_cms_signature_algorithm(struct hufu_bytes der, unsigned long index,
                                              struct hufu_buf *ret_text, struct hufu_error *err);

#endif
