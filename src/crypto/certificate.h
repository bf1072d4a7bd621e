/* X.509 certificates and what pages ask of them. Profile and OIDs: docs/protocol/certificates.md.
 */
#ifndef HUFU_CRYPTO_CERTIFICATE_H
#define HUFU_CRYPTO_CERTIFICATE_H

#include "base/buf.h"
#include "error/error.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

/* Citizens' certificates are about 1.5 KiB; a hostile card or page may send anything. */
#define HUFU_CERTIFICATE_MAX (16 * 1024)

/* keyUsage (RFC 5280 §4.2.1.3) in the bits that pages use as well. */
enum {
    HUFU_KEY_USAGE_DIGITAL_SIGNATURE = 0x80,
    HUFU_KEY_USAGE_NON_REPUDIATION = 0x40,
    HUFU_KEY_USAGE_KEY_ENCIPHERMENT = 0x20,
    HUFU_KEY_USAGE_DATA_ENCIPHERMENT = 0x10,
    HUFU_KEY_USAGE_ENCIPHER = HUFU_KEY_USAGE_KEY_ENCIPHERMENT | HUFU_KEY_USAGE_DATA_ENCIPHERMENT,
    HUFU_KEY_USAGE_SIGN = HUFU_KEY_USAGE_DIGITAL_SIGNATURE | HUFU_KEY_USAGE_NON_REPUDIATION,
};

struct hufu_certificate;

/* HUFU_E_CERTIFICATE_FORMAT unless `der` is exactly one certificate. Own the result. */
enum hufu_status hufu_certificate_read(struct hufu_bytes der, struct hufu_certificate **ret,
                                       struct hufu_error *err);

/* The same from base64 as pages hand it back: line breaks are ignored. */
enum hufu_status hufu_certificate_read_base64(const char *text, struct hufu_certificate **ret,
                                              struct hufu_error *err);
void hufu_certificate_free(struct hufu_certificate *certificate);

/* Borrowed: for crypto/ only. NULL when there is no memory for it: its public key is made when it
 * is asked for first, which takes longer than all the rest. The second one never has a key, nor a
 * name by its subjectKeyIdentifier. */
X509 *hufu_certificate_x509(const struct hufu_certificate *certificate);
X509 *hufu_certificate_without_key(const struct hufu_certificate *certificate);

struct hufu_bytes hufu_certificate_der(const struct hufu_certificate *certificate);

bool hufu_certificate_is_ca(const struct hufu_certificate *certificate);

/* The keyUsage bits, all ones when the certificate does not restrict its key. */
uint32_t hufu_certificate_key_usage(const struct hufu_certificate *certificate);

/* HUFU_E_EXPIRED or HUFU_E_NOT_YET_VALID by this computer's clock. */
enum hufu_status hufu_certificate_check_time(const struct hufu_certificate *certificate,
                                             struct hufu_error *err);

enum hufu_name { HUFU_NAME_SUBJECT, HUFU_NAME_ISSUER };

/* Each appends UTF-8 text to `ret_text`.
 * A part of a name by its OID or short name ("CN"); several values are joined with line breaks.
 * Part NULL is the whole name, one "CN=..." a line, in the order of the certificate. */
enum hufu_status hufu_certificate_name(const struct hufu_certificate *certificate,
                                       enum hufu_name name, const char *part,
                                       struct hufu_buf *ret_text, struct hufu_error *err);
enum hufu_status hufu_certificate_serial(const struct hufu_certificate *certificate,
                                         struct hufu_buf *ret_hex, struct hufu_error *err);

enum hufu_time { HUFU_TIME_NOT_BEFORE, HUFU_TIME_NOT_AFTER };

/* YYYYMMDDhhmmss+0800: Taiwan's time, which is what its pages show. */
enum hufu_status hufu_certificate_time(const struct hufu_certificate *certificate,
                                       enum hufu_time time, struct hufu_buf *ret_text,
                                       struct hufu_error *err);

/* SubjectPublicKeyInfo, DER. */
enum hufu_status hufu_certificate_public_key(const struct hufu_certificate *certificate,
                                             struct hufu_buf *ret_der, struct hufu_error *err);

/* 1, 2 or 3. */
long hufu_certificate_version(const struct hufu_certificate *certificate);

/* The name (crypto/asn1.h) of the algorithm of the certificate's own signature. */
enum hufu_status hufu_certificate_signature_algorithm(const struct hufu_certificate *certificate,
                                                      struct hufu_buf *ret_text,
                                                      struct hufu_error *err);

/* --- extension.c --- */

/* Every extension, one "OID=base64 of its content" a line, in the order of the certificate.
 * HUFU_E_NO_ATTRIBUTE when there is none. */
enum hufu_status hufu_certificate_extensions(const struct hufu_certificate *certificate,
                                             struct hufu_buf *ret_text, struct hufu_error *err);

/* The value of a subjectDirectoryAttributes (2.5.29.9) attribute: text as it is, an OID in dots, an
 * integer in decimal, or in 0x hex from 128 bits on; several with line breaks between.
 * HUFU_E_PARAMETER when `oid` is none, HUFU_E_NO_ATTRIBUTE when the attribute is not there. */
enum hufu_status hufu_certificate_attribute(const struct hufu_certificate *certificate,
                                            const char *oid, struct hufu_buf *ret_text,
                                            struct hufu_error *err);

#endif
