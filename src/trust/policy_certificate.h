/* The user's part of a policy: a policy names files, and each user's Firefox looks for them in that
 * user's own folder. */
#ifndef HUFU_TRUST_POLICY_CERTIFICATE_H
#define HUFU_TRUST_POLICY_CERTIFICATE_H

#include "base/buf.h"
#include "error/error.h"

#include <stdbool.h>

/* Whether a policy of this machine has Firefox look for certificates of hufu. */
bool hufu_policy_wants_certificates(void);

/* Puts copies of the leaves (DER, at least one) where this user's Firefox, its snap and its flatpak
 * look for them; both names are there also while there is one leaf, as Firefox complains of a
 * missing file. What is made is recorded (trust/record.h). Folders that lead out of the home are
 * left alone. HUFU_E_STORE; idempotent. Firefox takes them into its profile when it starts. */
enum hufu_status hufu_policy_place_certificates(const struct hufu_bytes *leaves, size_t count,
                                                struct hufu_error *err);

/* Takes the copies away; the folders are those of the record. */
void hufu_policy_take_certificates(void);

#endif
