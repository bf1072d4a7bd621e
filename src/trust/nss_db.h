/* One NSS database. NSS keeps its state for the whole process: open one in the life of a process.
 * Where a function fails, PR_GetError() says why. */
#ifndef HUFU_TRUST_NSS_DB_H
#define HUFU_TRUST_NSS_DB_H

#include "base/buf.h"
#include "base/cleanup.h"

#include <cert.h>
#include <nss.h>
#include <pk11pub.h>
#include <stdbool.h>

struct hufu_nss_db {
    NSSInitContext *context;
    PK11SlotInfo *slot;
};

HUFU_DEFINE_AUTO(CERTCertificate *, CERT_DestroyCertificate)
HUFU_DEFINE_AUTO(CERTCertList *, CERT_DestroyCertList)

/* Whether there is one in `folder`. One that may not be looked at is there, and so is
 * a link to nowhere: opening says why. */
bool hufu_nss_exists(const char *folder);

/* A database that is missing is made where `writable`. Release it with hufu_nss_close, also after a
 * failure. */
bool hufu_nss_open(struct hufu_nss_db *db, const char *folder, bool writable);
void hufu_nss_close(struct hufu_nss_db *db);

/* A database in which nobody has set a password yet gets the empty one: without it, no trust can
 * be kept. */
bool hufu_nss_prepare(const struct hufu_nss_db *db);

bool hufu_nss_has_password(const struct hufu_nss_db *db);

/* Whether nothing is in it: no certificate, key, trust or revocation list, and no password. */
bool hufu_nss_is_empty(const struct hufu_nss_db *db);

/* Its certificates; NULL on failure. */
CERTCertList *hufu_nss_list(const struct hufu_nss_db *db);

/* Whether the certificate is trusted as that of a server, and how it comes to be. */
bool hufu_nss_is_trusted(const CERTCertificate *certificate);
bool hufu_nss_trust(CERTCertificate *certificate);

/* A certificate that is new to the database, without trust; NULL on failure. */
CERTCertificate *hufu_nss_import(const struct hufu_nss_db *db, struct hufu_bytes der);

#endif
