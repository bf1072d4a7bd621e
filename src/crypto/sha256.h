/* The fingerprint in which hufu names bytes: of a certificate, of a card, of what is signed. */
#ifndef HUFU_CRYPTO_SHA256_H
#define HUFU_CRYPTO_SHA256_H

#include "base/buf.h"

enum { HUFU_SHA256_SIZE = 65 }; /* hex and its NUL */

/* Lower-case hex; false when OpenSSL is out of memory. */
bool hufu_sha256(struct hufu_bytes bytes, char ret_hex[HUFU_SHA256_SIZE]);

#endif
