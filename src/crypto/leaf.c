#include "crypto/leaf.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "crypto/leaf_files.h"
#include "crypto/sha256.h"
#include "wire/base64.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

enum { PEM_MAX = 4 * HUFU_LEAF_MAX };

HUFU_DEFINE_AUTO(BIO *, BIO_free_all)
HUFU_DEFINE_AUTO(X509 *, X509_free)

static const struct {
    const char *certificate, *key;
} names[HUFU_LEAF_COUNT] = {
    [HUFU_LEAF_CURRENT] = {.certificate = "leaf.pem", .key = "leaf.key"},
    [HUFU_LEAF_NEXT] = {.certificate = "next.pem", .key = "next.key"},
    [HUFU_LEAF_PREVIOUS] = {.certificate = "previous.pem", .key = "previous.key"},
};

static enum hufu_status fail_openssl(struct hufu_error *err, const char *detail)
{
    unsigned long code = ERR_peek_error();
    ERR_clear_error();
    return hufu_fail_from(err, HUFU_E_LEAF, HUFU_ORIGIN_OPENSSL, code, detail);
}

enum hufu_status hufu_leaf_locate(enum hufu_leaf which, struct hufu_leaf_paths *ret_paths,
                                  struct hufu_error *err)
{
    char data[PATH_MAX];
    struct hufu_leaf_paths paths;
    if (!hufu_path_data(data) || !hufu_path_join(paths.folder, data, "tls") ||
        !hufu_path_join(paths.certificate, paths.folder, names[which].certificate) ||
        !hufu_path_join(paths.key, paths.folder, names[which].key))
        return hufu_fail(err, HUFU_E_LEAF, "HOME is not set or too long");
    *ret_paths = paths;
    return HUFU_OK;
}

enum hufu_status hufu_leaf_paths(struct hufu_leaf_paths *ret_paths, struct hufu_error *err)
{
    return hufu_leaf_locate(HUFU_LEAF_CURRENT, ret_paths, err);
}

bool hufu_leaf_load(const char *path, X509 **ret_leaf, X509 **ret_authority)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pem = {.max = PEM_MAX};
    if (hufu_file_read(path, &pem))
        return false;
    HUFU_AUTO(BIO_free_all_auto) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    *ret_leaf = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    *ret_authority = *ret_leaf ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    return *ret_leaf != NULL;
}

static enum hufu_status add_der(const X509 *certificate, struct hufu_buf *ret_der,
                                struct hufu_error *err)
{
    int len = certificate ? i2d_X509(certificate, NULL) : -1;
    if (len <= 0 || len > HUFU_LEAF_MAX)
        return fail_openssl(err, "no certificate");
    unsigned char *end = hufu_buf_extend(ret_der, (size_t)len);
    if (!end)
        return hufu_fail(err, HUFU_E_LEAF, "buffer too small");
    i2d_X509(certificate, &end);
    return HUFU_OK;
}

static enum hufu_status read_one(enum hufu_leaf which, bool want_authority,
                                 struct hufu_buf *ret_der, struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    HUFU_AUTO(X509_free_auto) X509 *leaf = NULL;
    HUFU_AUTO(X509_free_auto) X509 *authority = NULL;
    HUFU_TRY(hufu_leaf_locate(which, &paths, err));
    if (!hufu_leaf_load(paths.certificate, &leaf, &authority))
        return fail_openssl(err, paths.certificate);
    return add_der(want_authority ? authority : leaf, ret_der, err);
}

/* The current one, and others where they are. */
static enum hufu_status read_all(bool want_authority, struct hufu_buf ret_ders[HUFU_LEAF_COUNT],
                                 size_t *ret_count, struct hufu_error *err)
{
    size_t count = 0;
    HUFU_TRY(read_one(HUFU_LEAF_CURRENT, want_authority, &ret_ders[count++], err));
    for (enum hufu_leaf which = HUFU_LEAF_NEXT; which < HUFU_LEAF_COUNT; which++)
        if (read_one(which, want_authority, &ret_ders[count], NULL) == HUFU_OK)
            count++;
    *ret_count = count;
    return HUFU_OK;
}

enum hufu_status hufu_leaf_read(struct hufu_buf *ret_der, struct hufu_error *err)
{
    return read_one(HUFU_LEAF_CURRENT, false, ret_der, err);
}

enum hufu_status hufu_leaves_read(struct hufu_buf ret_ders[HUFU_LEAF_COUNT], size_t *ret_count,
                                  struct hufu_error *err)
{
    return read_all(false, ret_ders, ret_count, err);
}

enum hufu_status hufu_authorities_read(struct hufu_buf ret_ders[HUFU_LEAF_COUNT], size_t *ret_count,
                                       struct hufu_error *err)
{
    return read_all(true, ret_ders, ret_count, err);
}

bool hufu_leaf_read_time(const ASN1_TIME *from, time_t *ret_time)
{
    struct tm parts;
    if (ASN1_TIME_to_tm(from, &parts) != 1)
        return false;
    *ret_time = timegm(&parts);
    return true;
}

/* RFC 7469 §2.4. */
static bool pin_key(const X509 *certificate, char ret_pin[HUFU_LEAF_SPKI_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char *der = NULL;
    unsigned len = 0;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_LEAF_SPKI_SIZE};
    int der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool done = der_len > 0 && EVP_Digest(der, (size_t)der_len, digest, &len, EVP_sha256(), NULL);
    OPENSSL_free(der);
    hufu_base64_encode(hufu_bytes_of(digest, len), &text);
    snprintf(ret_pin, HUFU_LEAF_SPKI_SIZE, "%s", hufu_buf_text(&text));
    return done && !text.failed;
}

enum hufu_status hufu_leaf_info(struct hufu_bytes der, struct hufu_leaf_info *ret_info,
                                struct hufu_error *err)
{
    const unsigned char *start = der.data;
    HUFU_AUTO(X509_free_auto)
    X509 *certificate = der.len <= HUFU_LEAF_MAX ? d2i_X509(NULL, &start, (long)der.len) : NULL;
    struct hufu_leaf_info info;
    if (!certificate || !hufu_sha256(der, info.sha256) || !pin_key(certificate, info.spki) ||
        !hufu_leaf_read_time(X509_get0_notAfter(certificate), &info.not_after))
        return fail_openssl(err, "not a certificate");
    *ret_info = info;
    return HUFU_OK;
}
