#include "crypto/leaf.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "crypto/authority.h"
#include "crypto/issue.h"
#include "crypto/leaf_files.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60, PEM_MAX = 4096 /* of a key; ours has 241 bytes */ };

HUFU_DEFINE_AUTO(BIO *, BIO_free_all)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(X509 *, X509_free)

static const struct hufu_issue_extension extensions[] = {
    {.nid = NID_basic_constraints, .value = "critical,CA:FALSE"},
    {.nid = NID_key_usage, .value = "critical,digitalSignature"},
    {.nid = NID_ext_key_usage, .value = "serverAuth"},
    {.nid = NID_subject_alt_name, .value = "DNS:localhost,IP:127.0.0.1,IP:::1"},
    {.nid = NID_subject_key_identifier, .value = "hash"},
    {.nid = NID_authority_key_identifier, .value = "keyid"}, /* where there is an authority */
};
enum { EXTENSIONS = sizeof extensions / sizeof extensions[0] };

static enum hufu_status fail_openssl(struct hufu_error *err, const char *detail)
{
    unsigned long code = ERR_peek_error();
    ERR_clear_error();
    return hufu_fail_from(err, HUFU_E_LEAF, HUFU_ORIGIN_OPENSSL, code, detail);
}

static enum hufu_status fail_errno(struct hufu_error *err, int problem, const char *detail)
{
    return hufu_fail_from(err, HUFU_E_LEAF, HUFU_ORIGIN_ERRNO, (unsigned long)problem, detail);
}

/* --- what is there --- */

/* A key that others could read has stopped being one. */
static bool is_private(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           !(info.st_mode & (S_IRWXG | S_IRWXO));
}

static EVP_PKEY *load_key(const char *path)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pem = {.max = PEM_MAX};
    if (!is_private(path) || hufu_file_read(path, &pem))
        return NULL;
    HUFU_AUTO(BIO_free_all_auto) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    char no_password[] = ""; /* without one, OpenSSL would ask on the terminal */
    return bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_password) : NULL;
}

/* What a run works with. */
struct pair {
    struct hufu_leaf_paths paths;
    bool usable; /* the halves belong together, the key is the user's alone, and it has not ended */
    bool has_authority;
    time_t begins;
    time_t ends;
};

struct leaves {
    struct pair pairs[HUFU_LEAF_COUNT];
    enum hufu_leaf_form form;
    time_t now;
};

/* "Not valid yet" does not make one useless: that is a wrong clock, and it will be set right. */
static void look(struct leaves *leaves, enum hufu_leaf which)
{
    struct pair *pair = &leaves->pairs[which];
    HUFU_AUTO(X509_free_auto) X509 *certificate = NULL;
    HUFU_AUTO(X509_free_auto) X509 *authority = NULL;
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = load_key(pair->paths.key);
    pair->ends = 0;
    bool dated = hufu_leaf_load(pair->paths.certificate, &certificate, &authority) &&
                 hufu_leaf_read_time(X509_get0_notBefore(certificate), &pair->begins) &&
                 hufu_leaf_read_time(X509_get0_notAfter(certificate), &pair->ends);
    pair->usable =
        dated && key && X509_check_private_key(certificate, key) == 1 && pair->ends > leaves->now;
    pair->has_authority = authority && X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
    ERR_clear_error();
}

static void look_at_all(struct leaves *leaves)
{
    for (enum hufu_leaf which = 0; which < HUFU_LEAF_COUNT; which++)
        look(leaves, which);
}

static time_t days_left(const struct leaves *leaves, enum hufu_leaf which)
{
    return (leaves->pairs[which].ends - leaves->now) / DAY;
}

/* --- changes, each of which leaves something that the next run understands --- */

static bool sign(EVP_PKEY *key, bool with_authority, X509 **ret_leaf, X509 **ret_authority)
{
    HUFU_AUTO(X509_free_auto) X509 *draft = hufu_issue_draft(key, "hufu localhost");
    if (draft && with_authority)
        return hufu_authority_sign(draft, extensions, EXTENSIONS, ret_leaf, ret_authority);
    if (!draft || !hufu_issue_sign(draft, draft, key, extensions, EXTENSIONS - 1))
        return false;
    *ret_leaf = HUFU_TAKE(draft);
    return true;
}

static enum hufu_status write_pem(BIO *pem, const char *path, mode_t mode, struct hufu_error *err)
{
    char *data = NULL;
    long len = BIO_get_mem_data(pem, &data);
    int problem = hufu_file_write(path, mode, hufu_bytes_of(data, (size_t)len));
    return problem ? fail_errno(err, problem, path) : HUFU_OK;
}

static enum hufu_status write_certificates(const char *path, X509 *leaf, X509 *authority,
                                           struct hufu_error *err)
{
    HUFU_AUTO(BIO_free_all_auto) BIO *pem = BIO_new(BIO_s_mem());
    if (!pem || !PEM_write_bio_X509(pem, leaf) ||
        (authority && !PEM_write_bio_X509(pem, authority)))
        return fail_openssl(err, "write the certificate");
    return write_pem(pem, path, 0644, err);
}

/* The key goes first: stopped in between, the two do not match and are made anew next time. */
static enum hufu_status make(struct leaves *leaves, enum hufu_leaf which, struct hufu_error *err)
{
    const struct hufu_leaf_paths *paths = &leaves->pairs[which].paths;
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    HUFU_AUTO(X509_free_auto) X509 *leaf = NULL;
    HUFU_AUTO(X509_free_auto) X509 *authority = NULL;
    HUFU_AUTO(BIO_free_all_auto) BIO *key_pem = BIO_new(BIO_s_secmem());
    if (!key || !key_pem ||
        !sign(key, leaves->form == HUFU_LEAF_WITH_AUTHORITY, &leaf, &authority) ||
        !PEM_write_bio_PKCS8PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL))
        return fail_openssl(err, "make the certificate");
    HUFU_TRY(write_pem(key_pem, paths->key, 0600, err));
    return write_certificates(paths->certificate, leaf, authority, err);
}

static void discard(struct pair *pair)
{
    unlink(pair->paths.key);
    unlink(pair->paths.certificate);
    pair->usable = false;
}

/* A copy: whoever reads the current one always finds one. Without room for it the handover goes on.
 */
static void keep_as_previous(struct leaves *leaves)
{
    HUFU_AUTO(X509_free_auto) X509 *leaf = NULL;
    HUFU_AUTO(X509_free_auto) X509 *authority = NULL;
    if (hufu_leaf_load(leaves->pairs[HUFU_LEAF_CURRENT].paths.certificate, &leaf, &authority))
        (void)write_certificates(leaves->pairs[HUFU_LEAF_PREVIOUS].paths.certificate, leaf,
                                 authority, NULL);
}

/* The key goes first here too: next.pem with leaf.key is how one sees that it is not done. */
static enum hufu_status promote(struct leaves *leaves, struct hufu_error *err)
{
    const struct hufu_leaf_paths *current = &leaves->pairs[HUFU_LEAF_CURRENT].paths;
    const struct hufu_leaf_paths *next = &leaves->pairs[HUFU_LEAF_NEXT].paths;
    if (leaves->pairs[HUFU_LEAF_CURRENT].usable)
        keep_as_previous(leaves);
    if (rename(next->key, current->key) || rename(next->certificate, current->certificate))
        return fail_errno(err, errno, next->certificate);
    look_at_all(leaves);
    return HUFU_OK;
}

static enum hufu_status finish_promotion(struct leaves *leaves, struct hufu_error *err)
{
    struct pair *next = &leaves->pairs[HUFU_LEAF_NEXT];
    const struct hufu_leaf_paths *current = &leaves->pairs[HUFU_LEAF_CURRENT].paths;
    struct leaves mixed = *leaves;
    memcpy(mixed.pairs[HUFU_LEAF_NEXT].paths.key, current->key, sizeof current->key);
    look(&mixed, HUFU_LEAF_NEXT);
    if (!mixed.pairs[HUFU_LEAF_NEXT].usable)
        return HUFU_OK;
    if (rename(next->paths.certificate, current->certificate))
        return fail_errno(err, errno, next->paths.certificate);
    return HUFU_OK;
}

/* The authority alone goes; the leaf is trusted without it wherever it was before. */
static enum hufu_status drop_authority(struct pair *pair, struct hufu_error *err)
{
    HUFU_AUTO(X509_free_auto) X509 *leaf = NULL;
    HUFU_AUTO(X509_free_auto) X509 *authority = NULL;
    if (!hufu_leaf_load(pair->paths.certificate, &leaf, &authority) || !authority)
        return HUFU_OK;
    return write_certificates(pair->paths.certificate, leaf, NULL, err);
}

/* What renewals make from now on. A leaf of another form is none. */
static enum hufu_status choose_form(struct leaves *leaves, struct hufu_error *err)
{
    struct pair *current = &leaves->pairs[HUFU_LEAF_CURRENT];
    struct pair *next = &leaves->pairs[HUFU_LEAF_NEXT];
    if (leaves->form == HUFU_LEAF_AS_IT_IS)
        leaves->form = current->has_authority ? HUFU_LEAF_WITH_AUTHORITY : HUFU_LEAF_ALONE;
    if (leaves->form == HUFU_LEAF_WITH_AUTHORITY) {
        current->usable = current->usable && current->has_authority;
        next->usable = next->usable && next->has_authority;
        return HUFU_OK;
    }
    HUFU_TRY(drop_authority(current, err));
    return drop_authority(next, err);
}

/* Whether the next one takes over. Its own dates count as well: it may be from a clock that was
 * wrong. */
static bool is_due(const struct leaves *leaves)
{
    const struct pair *current = &leaves->pairs[HUFU_LEAF_CURRENT];
    const struct pair *next = &leaves->pairs[HUFU_LEAF_NEXT];
    if (!next->usable || next->begins > leaves->now)
        return false;
    time_t left = days_left(leaves, HUFU_LEAF_CURRENT);
    time_t known = (leaves->now - next->begins) / DAY;
    return !current->usable || left < HUFU_LEAF_LAST_DAYS ||
           (left < HUFU_LEAF_RENEW_DAYS && known >= HUFU_LEAF_KNOWN_DAYS);
}

/* One from the future is from a clock that was wrong: another stands in until its day. */
static bool needs_next(const struct leaves *leaves)
{
    return !leaves->pairs[HUFU_LEAF_NEXT].usable &&
           (days_left(leaves, HUFU_LEAF_CURRENT) < HUFU_LEAF_NEXT_DAYS ||
            leaves->pairs[HUFU_LEAF_CURRENT].begins > leaves->now);
}

static enum hufu_status renew(struct leaves *leaves, bool *ret_changed, struct hufu_error *err)
{
    struct pair *current = &leaves->pairs[HUFU_LEAF_CURRENT];
    struct pair *next = &leaves->pairs[HUFU_LEAF_NEXT];
    struct pair *previous = &leaves->pairs[HUFU_LEAF_PREVIOUS];
    HUFU_TRY(choose_form(leaves, err));
    bool changed = is_due(leaves);
    if (changed)
        HUFU_TRY(promote(leaves, err));
    if (!next->usable)
        discard(next);
    if (!current->usable) {
        HUFU_TRY(make(leaves, HUFU_LEAF_CURRENT, err));
        changed = true;
    } else if (needs_next(leaves)) {
        HUFU_TRY(make(leaves, HUFU_LEAF_NEXT, err));
        changed = true;
    }
    if (previous->ends + HUFU_LEAF_KEEP_DAYS * DAY < leaves->now)
        discard(previous);
    *ret_changed = changed;
    return HUFU_OK;
}

/* Held while looking and making, so that two processes do not mix their halves. The owner check
 * keeps `sudo` from leaving root's files in a user's home. */
static enum hufu_status lock_folder(const char *folder, int *ret_lock, struct hufu_error *err)
{
    int problem = hufu_folder_make(folder, 0700);
    if (problem)
        return fail_errno(err, problem, folder);
    HUFU_AUTO(hufu_close) int lock = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;
    if (lock < 0 || fstat(lock, &info))
        return fail_errno(err, errno, folder);
    if (info.st_uid != geteuid())
        return fail_errno(err, EPERM, "the folder belongs to another user");
    if (fchmod(lock, 0700) || flock(lock, LOCK_EX))
        return fail_errno(err, errno, folder);
    *ret_lock = lock;
    lock = -1;
    return HUFU_OK;
}

enum hufu_status hufu_leaf_ensure_form(enum hufu_leaf_form form, bool *ret_changed,
                                       struct hufu_error *err)
{
    struct leaves leaves = {.form = form, .now = time(NULL)};
    for (enum hufu_leaf which = 0; which < HUFU_LEAF_COUNT; which++)
        HUFU_TRY(hufu_leaf_locate(which, &leaves.pairs[which].paths, err));
    HUFU_AUTO(hufu_close) int lock = -1;
    HUFU_TRY(lock_folder(leaves.pairs[HUFU_LEAF_CURRENT].paths.folder, &lock, err));
    HUFU_TRY(finish_promotion(&leaves, err));
    look_at_all(&leaves);
    return renew(&leaves, ret_changed, err);
}

enum hufu_status hufu_leaf_ensure(bool *ret_changed, struct hufu_error *err)
{
    return hufu_leaf_ensure_form(HUFU_LEAF_AS_IT_IS, ret_changed, err);
}

time_t hufu_leaf_due(void)
{
    struct leaves leaves = {.now = time(NULL)};
    for (enum hufu_leaf which = 0; which < HUFU_LEAF_COUNT; which++)
        if (hufu_leaf_locate(which, &leaves.pairs[which].paths, NULL) != HUFU_OK)
            return 0;
    look_at_all(&leaves);
    const time_t end = leaves.pairs[HUFU_LEAF_CURRENT].ends;
    const time_t begin = leaves.pairs[HUFU_LEAF_NEXT].begins;
    const time_t dates[] = {
        end - (time_t)HUFU_LEAF_NEXT_DAYS * DAY,
        end - (time_t)HUFU_LEAF_RENEW_DAYS * DAY,
        end - (time_t)HUFU_LEAF_LAST_DAYS * DAY,
        end,
        begin,
        begin + (time_t)HUFU_LEAF_KNOWN_DAYS * DAY,
        leaves.pairs[HUFU_LEAF_PREVIOUS].ends + (time_t)HUFU_LEAF_KEEP_DAYS * DAY,
    };
    time_t due = 0;
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++)
        if (dates[i] >= leaves.now && (due == 0 || dates[i] < due))
            due = dates[i] + 1; /* at the date itself it is not over yet */
    return due;
}
