/* The user's part of a policy: a policy names a file, and each user's Firefox looks for it in that
 * user's own folder. */
#ifndef HUFU_TRUST_POLICY_CERTIFICATE_H
#define HUFU_TRUST_POLICY_CERTIFICATE_H

#include "base/buf.h"

#include <stdbool.h>

/* Whether a policy of this machine has Firefox look for the certificate. */
bool hufu_policy_wants_certificate(void);

/* Puts a copy of the leaf (PEM) where this user's Firefox, its snap and its flatpak look for it.
 * Folders that lead out of the home are left alone. Returns 0 or the first errno value; idempotent.
 * Firefox takes it into its profile when it starts, with CT,CT,. */
int hufu_policy_place_certificate(struct hufu_bytes leaf);

/* Takes the copies away, and the folders around them that are empty then. */
void hufu_policy_take_certificate(void);

#endif
