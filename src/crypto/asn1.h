/* Pieces of certificates and messages as the texts that pages get. Whoever made them is not
 * trusted. */
#ifndef HUFU_CRYPTO_ASN1_H
#define HUFU_CRYPTO_ASN1_H

#include "base/buf.h"

#include <openssl/types.h>
#include <stdbool.h>

/* An OID in dots is at most this long, with its end: more than any authority's arcs. */
enum { HUFU_OID_TEXT_MAX = 128 };

/* Whether a value of this universal tag is a string of characters. */
bool hufu_asn1_is_text(int type);

/* Appends such a string in UTF-8. Old issuers wrote Big5 into types that are not for it: see
 * guess_big5. False for what is no text of its type, and for a NUL, which would hide what follows.
 */
bool hufu_asn1_text(const ASN1_STRING *string, struct hufu_buf *ret_text);

/* Appends an OID in dots. False when it is too long. */
bool hufu_asn1_oid(const ASN1_OBJECT *object, struct hufu_buf *ret_text);

/* Reads an OID in dots, as pages pass one. NULL when it is none, or too long. Own the result. */
ASN1_OBJECT *hufu_asn1_read_oid(const char *text);

/* Appends the name of a signature algorithm, such as sha256WithRSAEncryption, which is inferred;
 * one that OpenSSL does not know in dots. False when that is too long. */
bool hufu_asn1_algorithm(const ASN1_OBJECT *object, struct hufu_buf *ret_text);

#endif
