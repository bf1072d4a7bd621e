/* The actions on one NSS database. Certificates are compared by their bytes, never by nickname: a
 * nickname is only a label. */
#include "trust/store.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "crypto/leaf.h"
#include "trust/faults.h"
#include "trust/holder.h"
#include "trust/leftovers.h"
#include "trust/nss_db.h"
#include "trust/proof.h"

#include <certdb.h>
#include <errno.h>
#include <prerror.h>
#include <secerr.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    MODULES_MAX = 64 * 1024,  /* of pkcs11.txt; one module takes half a kilobyte */
    ROOM_NEEDED = 128 * 1024, /* what a new database takes, with its journal */
};

/* A module that somebody added: NSS's own one has an empty name. */
static const char module_key[] = "library=";

static const char database_name[] = "cert9.db"; /* in the record: this and key4.db beside it */

static struct hufu_trust_answer now(enum hufu_trust_state state)
{
    return (struct hufu_trust_answer){.state = state};
}

static struct hufu_trust_answer refused(enum hufu_trust_reason reason, const char *cause)
{
    struct hufu_trust_answer answer = {.state = HUFU_TRUST_REFUSED, .reason = reason};
    snprintf(answer.cause, sizeof answer.cause, "%s", cause ? cause : "");
    return answer;
}

/* --- why it failed --- */

static const struct {
    int problem; /* an errno value or an error of NSS: these are below zero */
    enum hufu_trust_reason reason;
} reasons[] = {
    {.problem = EACCES, .reason = HUFU_TRUST_READ_ONLY},
    {.problem = EPERM, .reason = HUFU_TRUST_READ_ONLY},
    {.problem = EROFS, .reason = HUFU_TRUST_READ_ONLY},
    {.problem = SEC_ERROR_READ_ONLY, .reason = HUFU_TRUST_READ_ONLY},
    {.problem = ENOSPC, .reason = HUFU_TRUST_FULL},
    {.problem = EDQUOT, .reason = HUFU_TRUST_FULL},
    {.problem = PR_NO_DEVICE_SPACE_ERROR, .reason = HUFU_TRUST_FULL},
};

static enum hufu_trust_reason reason_of(int problem, enum hufu_trust_reason otherwise)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].problem == problem)
            return reasons[i].reason;
    return otherwise;
}

/* What the file system itself says about writing below the innermost folder that is there. */
static int find_obstacle(const char *folder)
{
    char part[PATH_MAX];
    struct statvfs disk;
    snprintf(part, sizeof part, "%s", folder);
    while (access(part, F_OK) && errno == ENOENT && strrchr(part, '/') > part)
        *strrchr(part, '/') = 0;
    if (access(part, W_OK | X_OK))
        return errno;
    return statvfs(part, &disk) == 0 && disk.f_bavail * disk.f_frsize < ROOM_NEEDED ? ENOSPC : 0;
}

/* NSS has a general error for a full disk. */
static struct hufu_trust_answer refused_by_nss(const char *folder, enum hufu_trust_reason reason)
{
    PRErrorCode problem = PR_GetError();
    reason = reason_of(problem, reason_of(find_obstacle(folder), reason));
    return refused(reason, PR_ErrorToName(problem));
}

static struct hufu_trust_answer refused_by_system(int problem)
{
    return refused(reason_of(problem, HUFU_TRUST_UNCHANGED), strerrorname_np(problem));
}

/* --- whose a certificate is --- */

static bool is_leaf(const CERTCertificate *certificate, struct hufu_bytes leaf)
{
    return certificate->derCert.len == leaf.len &&
           memcmp(certificate->derCert.data, leaf.data, leaf.len) == 0;
}

static bool is_ours(const CERTCertificate *certificate, const struct hufu_store_order *order)
{
    uint8_t digest[SHA256_LENGTH];
    if (PK11_HashBuf(SEC_OID_SHA256, digest, certificate->derCert.data,
                     (PRInt32)certificate->derCert.len) != SECSuccess)
        return false;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf hex = {.max = 2 * sizeof digest};
    hufu_buf_add_hex(&hex, digest, sizeof digest);
    return !hex.failed && strstr(order->ours, hufu_buf_text(&hex));
}

static bool is_older(const CERTCertificate *certificate, const struct hufu_store_order *order)
{
    for (size_t i = 0; i < order->leaf_count; i++)
        if (is_leaf(certificate, order->leaves[i]))
            return false;
    return is_ours(certificate, order);
}

typedef bool chooser(const CERTCertificate *certificate, const struct hufu_store_order *order);

/* --- what a database has --- */

/* The leaf as this database has it, or NULL. */
static CERTCertificate *find_leaf(const struct hufu_nss_db *db, struct hufu_bytes leaf)
{
    HUFU_AUTO(CERT_DestroyCertList_auto) CERTCertList *list = hufu_nss_list(db);
    if (!list)
        return NULL;
    for (CERTCertListNode *node = CERT_LIST_HEAD(list); !CERT_LIST_END(node, list);
         node = CERT_LIST_NEXT(node))
        if (is_leaf(node->cert, leaf))
            return CERT_DupCertificate(node->cert);
    return NULL;
}

static bool has_trusted(const struct hufu_nss_db *db, struct hufu_bytes leaf)
{
    HUFU_AUTO(CERT_DestroyCertificate_auto) CERTCertificate *found = find_leaf(db, leaf);
    return found && hufu_nss_is_trusted(found);
}

static bool has_all_trusted(const struct hufu_nss_db *db, const struct hufu_store_order *order)
{
    for (size_t i = 0; i < order->leaf_count; i++)
        if (!has_trusted(db, order->leaves[i]))
            return false;
    return order->leaf_count > 0;
}

/* Deletes every certificate that is one, with its trust; on a dry run it counts them. */
static bool delete_all(const struct hufu_nss_db *db, const struct hufu_store_order *order,
                       chooser *is_one, size_t *count)
{
    HUFU_AUTO(CERT_DestroyCertList_auto) CERTCertList *list = hufu_nss_list(db);
    if (!list)
        return false;
    for (CERTCertListNode *node = CERT_LIST_HEAD(list); !CERT_LIST_END(node, list);
         node = CERT_LIST_NEXT(node)) {
        if (!is_one(node->cert, order))
            continue;
        if (!order->dry_run && SEC_DeletePermCertificate(node->cert) != SECSuccess)
            return false;
        ++*count;
    }
    return true;
}

/* --- status --- */

static void status(const struct hufu_store_order *order, const char *folder,
                   struct hufu_trust_answer *ret_answer)
{
    HUFU_AUTO(hufu_nss_close) struct hufu_nss_db db = {0};
    *ret_answer = now(HUFU_TRUST_ABSENT);
    if (hufu_faults_find(order, folder, false, ret_answer) || !hufu_nss_exists(folder))
        return;
    if (!hufu_nss_open(&db, folder, false)) {
        *ret_answer = refused_by_nss(folder, HUFU_TRUST_UNREADABLE);
        return;
    }
    if (has_all_trusted(&db, order))
        *ret_answer = now(HUFU_TRUST_TRUSTED);
    else if (hufu_nss_has_password(&db))
        *ret_answer = refused(HUFU_TRUST_PASSWORD, NULL);
    ret_answer->handshake = hufu_proof(order);
    if (ret_answer->handshake == HUFU_TRUST_PASSED && ret_answer->state != HUFU_TRUST_TRUSTED)
        ret_answer->handshake = HUFU_TRUST_FAILED; /* for NSS, but not for each browser */
}

/* --- install --- */

/* Import and trust are two steps of NSS: when the second fails, the first is undone. */
static bool add(const struct hufu_nss_db *db, struct hufu_bytes leaf)
{
    HUFU_AUTO(CERT_DestroyCertificate_auto) CERTCertificate *found = find_leaf(db, leaf);
    HUFU_AUTO(CERT_DestroyCertificate_auto)
    CERTCertificate *added = found ? NULL : hufu_nss_import(db, leaf);
    if (found || !added)
        return found && hufu_nss_trust(found);
    if (hufu_nss_trust(added))
        return true;
    PRErrorCode problem = PR_GetError();
    SEC_DeletePermCertificate(added);
    PR_SetError(problem, 0);
    return false;
}

static bool add_all(const struct hufu_nss_db *db, const struct hufu_store_order *order)
{
    for (size_t i = 0; i < order->leaf_count; i++)
        if (!has_trusted(db, order->leaves[i]) && !add(db, order->leaves[i]))
            return false;
    return true;
}

static struct hufu_trust_answer fill(const struct hufu_store_order *order, const char *folder)
{
    HUFU_AUTO(hufu_nss_close) struct hufu_nss_db db = {0};
    size_t count = 0;
    if (order->interrupted)
        hufu_leftovers_remove(folder);
    if (!hufu_nss_open(&db, folder, true) || !hufu_nss_prepare(&db))
        return refused_by_nss(folder, HUFU_TRUST_UNREADABLE);
    bool trusted = has_all_trusted(&db, order);
    if (!trusted && hufu_nss_has_password(&db))
        return refused(HUFU_TRUST_PASSWORD, NULL);
    if (!add_all(&db, order) || !delete_all(&db, order, is_older, &count))
        return refused_by_nss(folder, HUFU_TRUST_UNCHANGED);
    return now(trusted ? HUFU_TRUST_TRUSTED : HUFU_TRUST_ADDED);
}

static void foresee(const struct hufu_store_order *order, const char *folder,
                    struct hufu_trust_answer *ret_answer)
{
    status(order, folder, ret_answer);
    if (ret_answer->state != HUFU_TRUST_ABSENT)
        return;
    int obstacle = find_obstacle(folder);
    *ret_answer = obstacle ? refused_by_system(obstacle) : now(HUFU_TRUST_ADDED);
}

/* --- databases that hufu made --- */

static bool has_keys(const char *folder)
{
    char path[PATH_MAX];
    return hufu_path_join(path, folder, "key4.db") && access(path, F_OK) == 0;
}

/* The keys first: the other half is then made whole again, and taken away, by the next run. */
static bool delete_files(const char *folder)
{
    static const char *const names[] = {"key4.db-journal", "key4.db", "cert9.db-journal",
                                        "cert9.db"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!hufu_path_join(path, folder, names[i]) || (unlink(path) && errno != ENOENT))
            return false;
    return true;
}

static void install(const struct hufu_store_order *order, const char *folder,
                    struct hufu_trust_answer *ret_answer)
{
    if (hufu_faults_find(order, folder, true, ret_answer))
        return;
    if (order->dry_run) {
        foresee(order, folder, ret_answer);
        return;
    }
    struct hufu_error err = {0};
    bool makes = !hufu_nss_exists(folder) && !has_keys(folder);
    if (makes && hufu_record_make(folder, database_name, &err) != HUFU_OK) {
        *ret_answer = refused_by_system((int)err.foreign);
        return;
    }
    *ret_answer = fill(order, folder);
    if (makes && ret_answer->state == HUFU_TRUST_REFUSED)
        delete_files(folder);
}

static bool has_modules(const char *folder)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = MODULES_MAX};
    char path[PATH_MAX];
    int problem =
        hufu_path_join(path, folder, "pkcs11.txt") ? hufu_file_read(path, &text) : ENAMETOOLONG;
    const char *line = problem ? NULL : strstr(hufu_buf_text(&text), module_key);
    for (; line; line = strstr(line + 1, module_key))
        if (line[strlen(module_key)] != '\n')
            return true;
    return problem && problem != ENOENT;
}

/* Nobody else may have put anything into it, nor be about to. */
static bool is_only_hufus(const struct hufu_nss_db *db, const struct hufu_store_order *order,
                          const char *folder)
{
    struct hufu_process holder;
    char path[PATH_MAX];
    return hufu_path_join(path, folder, database_name) &&
           hufu_record_has_made(order->record, path) && hufu_nss_is_empty(db) &&
           !has_modules(folder) && hufu_holders_find(folder, &holder, 1) == 0;
}

/* --- remove --- */

static struct hufu_trust_answer empty(const struct hufu_store_order *order, const char *folder)
{
    HUFU_AUTO(hufu_nss_close) struct hufu_nss_db db = {0};
    size_t count = 0;
    if (order->interrupted)
        hufu_leftovers_remove(folder);
    if (!hufu_nss_open(&db, folder, !order->dry_run))
        return refused_by_nss(folder, HUFU_TRUST_UNREADABLE);
    if (!delete_all(&db, order, is_ours, &count))
        return refused_by_nss(folder, HUFU_TRUST_UNCHANGED);
    if (!order->dry_run && is_only_hufus(&db, order, folder)) {
        hufu_nss_close(&db);
        return delete_files(folder) ? now(HUFU_TRUST_REMOVED) : refused_by_system(errno);
    }
    return now(count ? HUFU_TRUST_REMOVED : HUFU_TRUST_ABSENT);
}

/* Where nothing was ever given, nothing is opened: NSS would make what is missing. */
static void remove_ours(const struct hufu_store_order *order, const char *folder,
                        struct hufu_trust_answer *ret_answer)
{
    *ret_answer = now(HUFU_TRUST_ABSENT);
    if (order->ours[0] && hufu_nss_exists(folder) &&
        !hufu_faults_find(order, folder, true, ret_answer))
        *ret_answer = empty(order, folder);
}

static void repair(const struct hufu_store_order *order, const char *folder,
                   struct hufu_trust_answer *ret_answer)
{
    hufu_faults_repair(install, order, folder, ret_answer);
}

const struct hufu_store_actions hufu_nss_store = {
    .status = status,
    .install = install,
    .repair = repair,
    .remove = remove_ours,
};
