/* Certificates are compared by their bytes, never by nickname: a nickname is only a label. */
#include "trust/store.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "crypto/leaf.h"

#include <cert.h>
#include <certdb.h>
#include <errno.h>
#include <nss.h>
#include <pk11pub.h>
#include <prerror.h>
#include <secerr.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* P: this certificate itself is a trusted server, which is what Chromium asks for. C: it may end a
 * chain, which is what Firefox asks for; it is CA:FALSE, so the chain has no other member. */
static const char server_trust[] = "PC,,";

/* Other people's PKCS#11 modules in pkcs11.txt are not ours to load, and neither are the roots. */
enum { OPEN_FLAGS = NSS_INIT_NOROOTINIT | NSS_INIT_NOMODDB | NSS_INIT_OPTIMIZESPACE };

struct database {
    NSSInitContext *context;
    PK11SlotInfo *slot;
};

HUFU_DEFINE_AUTO(CERTCertificate *, CERT_DestroyCertificate)
HUFU_DEFINE_AUTO(CERTCertList *, CERT_DestroyCertList)

static struct hufu_trust_answer refused(enum hufu_trust_reason reason, const char *cause)
{
    struct hufu_trust_answer answer = {.state = HUFU_TRUST_REFUSED, .reason = reason};
    snprintf(answer.cause, sizeof answer.cause, "%s", cause ? cause : "");
    return answer;
}

static struct hufu_trust_answer refused_by_nss(enum hufu_trust_reason reason)
{
    return refused(reason, PR_ErrorToName(PR_GetError()));
}

/* A read-only file shows itself when the database is opened for writing. */
static struct hufu_trust_answer refused_to_open(void)
{
    return refused_by_nss(PR_GetError() == SEC_ERROR_READ_ONLY ? HUFU_TRUST_UNCHANGED
                                                               : HUFU_TRUST_UNREADABLE);
}

static struct hufu_trust_answer now(enum hufu_trust_state state)
{
    return (struct hufu_trust_answer){.state = state};
}

static void close_database(struct database *database)
{
    if (database->slot)
        PK11_FreeSlot(database->slot);
    if (database->context)
        NSS_ShutdownContext(database->context);
}

static bool open_database(struct database *database, const char *folder, PRUint32 flags)
{
    char name[PATH_MAX + sizeof "sql:"];
    snprintf(name, sizeof name, "sql:%s", folder);
    database->context = NSS_InitContext(name, "", "", SECMOD_DB, NULL, OPEN_FLAGS | flags);
    database->slot = database->context ? PK11_GetInternalKeySlot() : NULL;
    return database->slot;
}

/* One that may not be looked at is there: opening it will say why. */
static bool has_database(const char *folder)
{
    char path[PATH_MAX];
    return hufu_path_join(path, folder, "cert9.db") && (access(path, F_OK) == 0 || errno != ENOENT);
}

/* A database without any password yet also says that it needs a login. */
static bool has_password(const struct database *database)
{
    return PK11_NeedLogin(database->slot) && !PK11_NeedUserInit(database->slot);
}

static bool is_trusted(const CERTCertificate *certificate)
{
    CERTCertTrust wanted = {0};
    CERTCertTrust found = {0};
    return CERT_DecodeTrustString(&wanted, server_trust) == SECSuccess &&
           CERT_GetCertTrust(certificate, &found) == SECSuccess &&
           (found.sslFlags & wanted.sslFlags) == wanted.sslFlags;
}

static bool is_leaf(const CERTCertificate *certificate, const struct hufu_store_order *order)
{
    const struct hufu_bytes leaf = order->leaves[0];
    return order->leaf_count && certificate->derCert.len == leaf.len &&
           memcmp(certificate->derCert.data, leaf.data, leaf.len) == 0;
}

static bool is_older(const CERTCertificate *certificate, const struct hufu_store_order *order)
{
    uint8_t digest[SHA256_LENGTH];
    if (PK11_HashBuf(SEC_OID_SHA256, digest, certificate->derCert.data,
                     (PRInt32)certificate->derCert.len) != SECSuccess)
        return false;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf hex = {.max = 2 * sizeof digest};
    hufu_buf_add_hex(&hex, digest, sizeof digest);
    return !is_leaf(certificate, order) && !hex.failed && strstr(order->ours, hufu_buf_text(&hex));
}

/* The leaf as this database has it, or NULL. */
static CERTCertificate *find_leaf(const struct database *database,
                                  const struct hufu_store_order *order)
{
    HUFU_AUTO(CERT_DestroyCertList_auto)
    CERTCertList *list = PK11_ListCertsInSlot(database->slot);
    if (!list)
        return NULL;
    for (CERTCertListNode *node = CERT_LIST_HEAD(list); !CERT_LIST_END(node, list);
         node = CERT_LIST_NEXT(node))
        if (is_leaf(node->cert, order))
            return CERT_DupCertificate(node->cert);
    return NULL;
}

/* Deletes every certificate that `is_one` knows, with its trust, and counts them. */
static bool delete_all(const struct database *database, const struct hufu_store_order *order,
                       bool (*is_one)(const CERTCertificate *, const struct hufu_store_order *),
                       size_t *count)
{
    HUFU_AUTO(CERT_DestroyCertList_auto)
    CERTCertList *list = PK11_ListCertsInSlot(database->slot);
    if (!list)
        return false;
    for (CERTCertListNode *node = CERT_LIST_HEAD(list); !CERT_LIST_END(node, list);
         node = CERT_LIST_NEXT(node)) {
        if (!is_one(node->cert, order))
            continue;
        if (SEC_DeletePermCertificate(node->cert) != SECSuccess)
            return false;
        ++*count;
    }
    return true;
}

static CERTCertificate *import(const struct database *database,
                               const struct hufu_store_order *order)
{
    uint8_t copy[HUFU_LEAF_MAX];
    SECItem der = {.data = copy, .len = (unsigned)order->leaves[0].len};
    memcpy(copy, order->leaves[0].data, order->leaves[0].len);
    HUFU_AUTO(CERT_DestroyCertificate_auto)
    CERTCertificate *certificate =
        CERT_NewTempCertificate(CERT_GetDefaultCertDB(), &der, NULL, PR_FALSE, PR_TRUE);
    if (!certificate)
        return NULL;
    char *label = CERT_GetCommonName(&certificate->subject);
    SECStatus status =
        PK11_ImportCert(database->slot, certificate, CK_INVALID_HANDLE, label, PR_FALSE);
    PORT_Free(label);
    return status == SECSuccess ? HUFU_TAKE(certificate) : NULL;
}

static bool trust(CERTCertificate *certificate)
{
    CERTCertTrust wanted = {0};
    return CERT_DecodeTrustString(&wanted, server_trust) == SECSuccess &&
           CERT_ChangeCertTrust(CERT_GetDefaultCertDB(), certificate, &wanted) == SECSuccess &&
           is_trusted(certificate);
}

/* Import and trust are two steps of NSS: when the second fails, the first is undone. */
static struct hufu_trust_answer add(const struct database *database,
                                    const struct hufu_store_order *order)
{
    HUFU_AUTO(CERT_DestroyCertificate_auto) CERTCertificate *found = find_leaf(database, order);
    if (found && is_trusted(found))
        return now(HUFU_TRUST_TRUSTED);
    if (has_password(database))
        return refused(HUFU_TRUST_PASSWORD, NULL);
    HUFU_AUTO(CERT_DestroyCertificate_auto)
    CERTCertificate *added = found ? NULL : import(database, order);
    if (!found && !added)
        return refused_by_nss(HUFU_TRUST_UNCHANGED);
    if (trust(found ? found : added))
        return now(HUFU_TRUST_ADDED);
    struct hufu_trust_answer answer = refused_by_nss(HUFU_TRUST_UNCHANGED);
    if (added)
        SEC_DeletePermCertificate(added);
    return answer;
}

static void status(const struct hufu_store_order *order, const char *folder,
                   struct hufu_trust_answer *ret_answer)
{
    HUFU_AUTO(close_database) struct database database = {0};
    HUFU_AUTO(CERT_DestroyCertificate_auto) CERTCertificate *found = NULL;
    *ret_answer = now(HUFU_TRUST_ABSENT);
    if (!has_database(folder))
        return;
    if (!open_database(&database, folder, NSS_INIT_READONLY)) {
        *ret_answer = refused_to_open();
        return;
    }
    found = find_leaf(&database, order);
    if (found && is_trusted(found))
        *ret_answer = now(HUFU_TRUST_TRUSTED);
    else if (has_password(&database))
        *ret_answer = refused(HUFU_TRUST_PASSWORD, NULL);
}

static void install(const struct hufu_store_order *order, const char *folder,
                    struct hufu_trust_answer *ret_answer)
{
    HUFU_AUTO(close_database) struct database database = {0};
    size_t count = 0;
    int problem = hufu_folder_make(folder, 0700);
    if (problem) {
        *ret_answer = refused(HUFU_TRUST_UNCHANGED, strerrorname_np(problem));
        return;
    }
    if (!open_database(&database, folder, 0) ||
        (PK11_NeedUserInit(database.slot) && PK11_InitPin(database.slot, NULL, "") != SECSuccess)) {
        *ret_answer = refused_to_open();
        return;
    }
    *ret_answer = add(&database, order);
    if (ret_answer->state != HUFU_TRUST_REFUSED && !delete_all(&database, order, is_older, &count))
        *ret_answer = refused_by_nss(HUFU_TRUST_UNCHANGED);
}

static bool is_ours(const CERTCertificate *certificate, const struct hufu_store_order *order)
{
    return is_leaf(certificate, order) || is_older(certificate, order);
}

static void remove_ours(const struct hufu_store_order *order, const char *folder,
                        struct hufu_trust_answer *ret_answer)
{
    HUFU_AUTO(close_database) struct database database = {0};
    size_t count = 0;
    *ret_answer = now(HUFU_TRUST_ABSENT);
    if (!has_database(folder))
        return;
    if (!open_database(&database, folder, 0))
        *ret_answer = refused_to_open();
    else if (!delete_all(&database, order, is_ours, &count))
        *ret_answer = refused_by_nss(HUFU_TRUST_UNCHANGED);
    else if (count)
        *ret_answer = now(HUFU_TRUST_REMOVED);
}

const struct hufu_store_actions hufu_nss_store = {
    .status = status,
    .install = install,
    .repair = install,
    .remove = remove_ours,
};
