/* One certificate in one NSS database, with NSS itself and never by running certutil. */
#ifndef HUFU_TRUST_NSS_H
#define HUFU_TRUST_NSS_H

#include "base/buf.h"
#include "trust/answer.h"

/* What to do, everywhere the same; all of it borrowed. */
struct hufu_nss_order {
    const struct hufu_buf *leaf; /* DER; empty when there is no leaf (never so for install) */
    const char *ours; /* SHA-256 (hex, one a line) of every leaf that was ever installed */
};

/* Each of them opens and closes the database in `folder`, and NSS takes one database in the life
 * of a process: call one of them once, in a child made for it. */
typedef void hufu_nss_action(const struct hufu_nss_order *order, const char *folder,
                             struct hufu_trust_answer *ret_answer);

/* ABSENT or TRUSTED. Changes nothing. */
hufu_nss_action hufu_nss_status;

/* TRUSTED or ADDED: the leaf is a trusted server and any older one of ours is gone. Makes the
 * folder and the database when missing. */
hufu_nss_action hufu_nss_install;

/* ABSENT or REMOVED: no leaf of ours is there. */
hufu_nss_action hufu_nss_remove;

#endif
