/* What every certificate of ours has: version 3, a random serial, a name of its own, its days. */
#ifndef HUFU_CRYPTO_ISSUE_H
#define HUFU_CRYPTO_ISSUE_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

/* As openssl.cnf spells the value. */
struct hufu_issue_extension {
    int nid;
    const char *value;
};

/* An unsigned certificate for the public half of `key`, valid for HUFU_LEAF_VALID_DAYS, its subject
 * "TITLE (user@host) 1a2b3c4d". NULL when OpenSSL fails; release with X509_free. */
X509 *hufu_issue_draft(EVP_PKEY *key, const char *title);

/* Adds the extensions and signs. `issuer` may be `draft` itself, and `key` is the issuer's. */
bool hufu_issue_sign(X509 *draft, X509 *issuer, EVP_PKEY *key,
                     const struct hufu_issue_extension *extensions, size_t count);

/* Whether `certificate` has exactly these, as they would be for a self-signed one. */
bool hufu_issue_has(X509 *certificate, const struct hufu_issue_extension *extensions, size_t count);

/* Whether both have one extension of this kind, and the same one. */
bool hufu_issue_has_same(const X509 *a, const X509 *b, int nid);

#endif
