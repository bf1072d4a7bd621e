#include "trust/nss_db.h"

#include "base/path.h"

#include <certdb.h>
#include <errno.h>
#include <fcntl.h>
#include <pkcs11n.h>
#include <prerror.h>
#include <secerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* P: this certificate itself is a trusted server, which is what Chromium asks for. C: it may end a
 * chain, which is what Firefox asks for; it is CA:FALSE, so the chain has no other member. */
static const char server_trust[] = "PC,,";

/* Other people's PKCS#11 modules in pkcs11.txt are not ours to load, and neither are the roots. */
enum { OPEN_FLAGS = NSS_INIT_NOROOTINIT | NSS_INIT_NOMODDB | NSS_INIT_OPTIMIZESPACE };

/* A common name has at most 64 characters; nobody takes our label ten times. */
enum { LABEL_SIZE = 512, LABELS_MAX = 10 };

/* All that NSS keeps in its two files. */
static const CK_OBJECT_CLASS classes[] = {
    CKO_CERTIFICATE, CKO_NSS_TRUST, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY,
    CKO_SECRET_KEY,  CKO_NSS_CRL,   CKO_NSS_SMIME,   CKO_DATA,
};

bool hufu_nss_exists(const char *folder)
{
    char path[PATH_MAX];
    return hufu_path_join(path, folder, "cert9.db") &&
           (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT);
}

/* NSS_SDB_USE_CACHE: else NSS opens many files that do not exist to measure how slow the disk is,
 * and on a slow one copies the database. */
bool hufu_nss_open(struct hufu_nss_db *db, const char *folder, bool writable)
{
    char name[PATH_MAX + sizeof "sql:"];
    snprintf(name, sizeof name, "sql:%s", folder);
    setenv("NSS_SDB_USE_CACHE", "no", 1);
    PRUint32 flags = OPEN_FLAGS | (writable ? 0 : NSS_INIT_READONLY);
    db->context = NSS_InitContext(name, "", "", SECMOD_DB, NULL, flags);
    db->slot = db->context ? PK11_GetInternalKeySlot() : NULL;
    return db->slot;
}

void hufu_nss_close(struct hufu_nss_db *db)
{
    if (db->slot)
        PK11_FreeSlot(db->slot);
    if (db->context)
        NSS_ShutdownContext(db->context);
    *db = (struct hufu_nss_db){0};
}

bool hufu_nss_prepare(const struct hufu_nss_db *db)
{
    return !PK11_NeedUserInit(db->slot) || PK11_InitPin(db->slot, NULL, "") == SECSuccess;
}

/* A database without any password yet also says that it needs a login. */
bool hufu_nss_has_password(const struct hufu_nss_db *db)
{
    return PK11_NeedLogin(db->slot) && !PK11_NeedUserInit(db->slot);
}

bool hufu_nss_is_empty(const struct hufu_nss_db *db)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        PK11GenericObject *found = PK11_FindGenericObjects(db->slot, classes[i]);
        if (found) {
            PK11_DestroyGenericObjects(found);
            return false;
        }
    }
    return !hufu_nss_has_password(db);
}

CERTCertList *hufu_nss_list(const struct hufu_nss_db *db)
{
    return PK11_ListCertsInSlot(db->slot);
}

bool hufu_nss_is_trusted(const CERTCertificate *certificate)
{
    CERTCertTrust wanted = {0};
    CERTCertTrust found = {0};
    return CERT_DecodeTrustString(&wanted, server_trust) == SECSuccess &&
           CERT_GetCertTrust(certificate, &found) == SECSuccess &&
           (found.sslFlags & wanted.sslFlags) == wanted.sslFlags;
}

bool hufu_nss_trust(CERTCertificate *certificate)
{
    CERTCertTrust wanted = {0};
    return CERT_DecodeTrustString(&wanted, server_trust) == SECSuccess &&
           CERT_ChangeCertTrust(CERT_GetDefaultCertDB(), certificate, &wanted) == SECSuccess &&
           hufu_nss_is_trusted(certificate);
}

/* NSS refuses a label that belongs to a certificate of somebody else. */
static bool import_as(const struct hufu_nss_db *db, CERTCertificate *certificate, const char *name)
{
    for (int i = 1; i <= LABELS_MAX; i++) {
        char label[LABEL_SIZE];
        if (i == 1)
            snprintf(label, sizeof label, "%s", name);
        else
            snprintf(label, sizeof label, "%s #%d", name, i);
        if (PK11_ImportCert(db->slot, certificate, CK_INVALID_HANDLE, label, PR_FALSE) ==
            SECSuccess)
            return true;
        if (PR_GetError() != SEC_ERROR_ADDING_CERT)
            return false;
    }
    return false;
}

CERTCertificate *hufu_nss_import(const struct hufu_nss_db *db, struct hufu_bytes der)
{
    SECItem item = {.data = (unsigned char *)(uintptr_t)der.data, .len = (unsigned)der.len};
    HUFU_AUTO(CERT_DestroyCertificate_auto)
    CERTCertificate *certificate =
        CERT_NewTempCertificate(CERT_GetDefaultCertDB(), &item, NULL, PR_FALSE, PR_TRUE);
    if (!certificate)
        return NULL;
    char *name = CERT_GetCommonName(&certificate->subject);
    bool imported = name && import_as(db, certificate, name);
    PORT_Free(name);
    return imported ? HUFU_TAKE(certificate) : NULL;
}
