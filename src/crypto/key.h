/* What kind of key a certificate is for, and what a signature looks like in XML. */
#ifndef HUFU_CRYPTO_KEY_H
#define HUFU_CRYPTO_KEY_H

#include "crypto/certificate.h"

enum hufu_key_kind { HUFU_KEY_OTHER, HUFU_KEY_RSA, HUFU_KEY_EC };
enum hufu_key_kind hufu_key_kind(const struct hufu_certificate *certificate);

/* Appends an ECDSA signature (DER, of the certificate's key) as r and s side by side, each as long
 * as the order of the curve (RFC 4050, 3.3; XMLDSig 1.1, 6.4.3). HUFU_E_SIGN. */
enum hufu_status hufu_key_pair_of_der(const struct hufu_certificate *certificate,
                                      struct hufu_bytes der, struct hufu_buf *ret_pair,
                                      struct hufu_error *err);

#endif
