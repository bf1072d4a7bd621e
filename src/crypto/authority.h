/* The CA for stores that take nothing but CAs: the system's. It signs one leaf and is gone: its key
 * lives and dies in a process of its own, and what is left of it can vouch for nobody
 * (docs/decisions/0011-an-authority-for-the-system.md). */
#ifndef HUFU_CRYPTO_AUTHORITY_H
#define HUFU_CRYPTO_AUTHORITY_H

#include "base/buf.h"
#include "crypto/issue.h"

/* Has a new authority sign the draft of a leaf. Its name constraints permit localhost, 127.0.0.1
 * and ::1 in certificates with this draft's subject, and close every other name form that verifiers
 * know. Release both with X509_free; false when the system or OpenSSL fails. */
bool hufu_authority_sign(X509 *draft, const struct hufu_issue_extension *extensions, size_t count,
                         X509 **ret_leaf, X509 **ret_authority);

/* Whether the certificate is one that hufu_authority_sign could have made, and has not ended. Root
 * asks this about what a user hands over, and adds nothing else to the system's store. */
bool hufu_authority_is_acceptable(struct hufu_bytes der);

/* Appends it as PEM, which is what the system's stores keep. */
bool hufu_authority_add_pem(struct hufu_bytes der, struct hufu_buf *ret_pem);

#endif
