#include "crypto/leaf.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "crypto/sha256.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SERIAL_BITS = 128,
    HOUR = 60 * 60,
    DAY = 24 * HOUR,
    NAME_SIZE = 64 + 1, /* ub-common-name of RFC 5280 */
    PEM_MAX = 2 * HUFU_LEAF_MAX,
};

HUFU_DEFINE_AUTO(BIO *, BIO_free_all)
HUFU_DEFINE_AUTO(BIGNUM *, BN_free)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(X509 *, X509_free)
HUFU_DEFINE_AUTO(X509_EXTENSION *, X509_EXTENSION_free)
HUFU_DEFINE_AUTO(X509_NAME *, X509_NAME_free)

static const struct extension {
    int nid;
    const char *value;
} extensions[] = {
    {.nid = NID_basic_constraints, .value = "critical,CA:FALSE"},
    {.nid = NID_key_usage, .value = "critical,digitalSignature"},
    {.nid = NID_ext_key_usage, .value = "serverAuth"},
    {.nid = NID_subject_alt_name, .value = "DNS:localhost,IP:127.0.0.1,IP:::1"},
    {.nid = NID_subject_key_identifier, .value = "hash"},
};

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

enum hufu_status hufu_leaf_paths(struct hufu_leaf_paths *ret_paths, struct hufu_error *err)
{
    char data[PATH_MAX];
    struct hufu_leaf_paths paths;
    if (!hufu_path_data(data) || !hufu_path_join(paths.folder, data, "tls") ||
        !hufu_path_join(paths.certificate, paths.folder, "leaf.pem") ||
        !hufu_path_join(paths.key, paths.folder, "leaf.key"))
        return hufu_fail(err, HUFU_E_LEAF, "HOME is not set or too long");
    *ret_paths = paths;
    return HUFU_OK;
}

static X509 *load_certificate(const char *path)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pem = {.max = PEM_MAX};
    if (hufu_file_read(path, &pem))
        return NULL;
    HUFU_AUTO(BIO_free_all_auto) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    return bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
}

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

/* "Not valid yet" is no reason on purpose: that is a wrong clock, and it will be set right. */
static bool is_usable(const struct hufu_leaf_paths *paths)
{
    HUFU_AUTO(X509_free_auto) X509 *certificate = load_certificate(paths->certificate);
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = load_key(paths->key);
    time_t soon = time(NULL) + HUFU_LEAF_RENEW_DAYS * DAY;
    bool usable = certificate && key && X509_check_private_key(certificate, key) == 1 &&
                  X509_cmp_time(X509_get0_notAfter(certificate), &soon) > 0;
    ERR_clear_error();
    return usable;
}

/* The top bit is always set: the number is never short and never zero. */
static bool set_serial(X509 *certificate)
{
    HUFU_AUTO(BN_free_auto) BIGNUM *serial = BN_new();
    return serial && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
           BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate));
}

/* Says whose it is, so that a person can tell two of them apart in a browser's list. */
static void make_name(char ret_name[NAME_SIZE])
{
    const struct passwd *user = getpwuid(geteuid());
    char host[NAME_SIZE] = "";
    gethostname(host, sizeof host - 1);
    char owner[NAME_SIZE];
    snprintf(owner, sizeof owner, "%.20s@%.24s", user ? user->pw_name : "user", host);
    for (char *c = owner; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("@._-", *c))
            *c = '-';
    snprintf(ret_name, NAME_SIZE, "hufu localhost (%.45s)", owner);
}

static bool set_names(X509 *certificate)
{
    char text[NAME_SIZE];
    make_name(text);
    HUFU_AUTO(X509_NAME_free_auto) X509_NAME *name = X509_NAME_new();
    return name &&
           X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)text, -1, -1, 0) &&
           X509_set_subject_name(certificate, name) && X509_set_issuer_name(certificate, name);
}

/* An hour earlier than now, for clocks that differ between this and a virtual machine. */
static bool set_validity(X509 *certificate)
{
    long end = (long)HUFU_LEAF_VALID_DAYS * DAY - HOUR;
    return X509_gmtime_adj(X509_getm_notBefore(certificate), -HOUR) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), end);
}

static bool add_extension(X509 *certificate, const struct extension *extension)
{
    X509V3_CTX context = {0};
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    HUFU_AUTO(X509_EXTENSION_free_auto)
    X509_EXTENSION *made = X509V3_EXT_nconf_nid(NULL, &context, extension->nid, extension->value);
    return made && X509_add_ext(certificate, made, -1);
}

static bool add_extensions(X509 *certificate)
{
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
        if (!add_extension(certificate, &extensions[i]))
            return false;
    return true;
}

static X509 *self_signed(EVP_PKEY *key)
{
    HUFU_AUTO(X509_free_auto) X509 *certificate = X509_new();
    bool done = certificate && X509_set_version(certificate, X509_VERSION_3) &&
                set_serial(certificate) && set_names(certificate) && set_validity(certificate) &&
                X509_set_pubkey(certificate, key) && add_extensions(certificate) &&
                X509_sign(certificate, key, EVP_sha256());
    return done ? HUFU_TAKE(certificate) : NULL;
}

static enum hufu_status write_pem(BIO *pem, const char *path, mode_t mode, struct hufu_error *err)
{
    char *data = NULL;
    long len = BIO_get_mem_data(pem, &data);
    int problem = hufu_file_write(path, mode, hufu_bytes_of(data, (size_t)len));
    return problem ? fail_errno(err, problem, path) : HUFU_OK;
}

/* The key goes first: stopped in between, the two do not match and are made anew next time. */
static enum hufu_status make(const struct hufu_leaf_paths *paths, struct hufu_error *err)
{
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    HUFU_AUTO(X509_free_auto) X509 *certificate = key ? self_signed(key) : NULL;
    HUFU_AUTO(BIO_free_all_auto) BIO *key_pem = BIO_new(BIO_s_secmem());
    HUFU_AUTO(BIO_free_all_auto) BIO *certificate_pem = BIO_new(BIO_s_mem());
    if (!certificate || !key_pem || !certificate_pem ||
        !PEM_write_bio_PKCS8PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_X509(certificate_pem, certificate))
        return fail_openssl(err, "make the certificate");
    HUFU_TRY(write_pem(key_pem, paths->key, 0600, err));
    return write_pem(certificate_pem, paths->certificate, 0644, err);
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

enum hufu_status hufu_leaf_ensure(bool *ret_made, struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    HUFU_AUTO(hufu_close) int lock = -1;
    HUFU_TRY(lock_folder(paths.folder, &lock, err));
    bool usable = is_usable(&paths);
    if (!usable)
        HUFU_TRY(make(&paths, err));
    *ret_made = !usable;
    return HUFU_OK;
}

enum hufu_status hufu_leaf_read(struct hufu_buf *ret_der, struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    HUFU_AUTO(X509_free_auto) X509 *certificate = load_certificate(paths.certificate);
    int len = certificate ? i2d_X509(certificate, NULL) : -1;
    if (len <= 0 || len > HUFU_LEAF_MAX)
        return fail_openssl(err, paths.certificate);
    unsigned char *end = hufu_buf_extend(ret_der, (size_t)len);
    if (!end)
        return hufu_fail(err, HUFU_E_LEAF, "buffer too small");
    i2d_X509(certificate, &end);
    return HUFU_OK;
}

static bool read_time(const ASN1_TIME *from, time_t *ret_time)
{
    struct tm parts;
    if (ASN1_TIME_to_tm(from, &parts) != 1)
        return false;
    *ret_time = timegm(&parts);
    return true;
}

enum hufu_status hufu_leaf_info(struct hufu_bytes der, struct hufu_leaf_info *ret_info,
                                struct hufu_error *err)
{
    const unsigned char *start = der.data;
    HUFU_AUTO(X509_free_auto)
    X509 *certificate = der.len <= HUFU_LEAF_MAX ? d2i_X509(NULL, &start, (long)der.len) : NULL;
    struct hufu_leaf_info info;
    if (!certificate || !hufu_sha256(der, info.sha256) ||
        !read_time(X509_get0_notAfter(certificate), &info.not_after))
        return fail_openssl(err, "not a certificate");
    *ret_info = info;
    return HUFU_OK;
}
