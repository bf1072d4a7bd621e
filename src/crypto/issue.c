#include "crypto/issue.h"

#include "base/cleanup.h"
#include "crypto/leaf.h"

#include <ctype.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    SERIAL_BITS = 128,
    HOUR = 60 * 60,
    DAY = 24 * HOUR,
    NAME_SIZE = 64 + 1, /* ub-common-name of RFC 5280 */
};

HUFU_DEFINE_AUTO(BIGNUM *, BN_free)
HUFU_DEFINE_AUTO(X509 *, X509_free)
HUFU_DEFINE_AUTO(X509_EXTENSION *, X509_EXTENSION_free)
HUFU_DEFINE_AUTO(X509_NAME *, X509_NAME_free)

/* The top bit is always set: the number is never short and never zero. */
static bool set_serial(X509 *certificate)
{
    HUFU_AUTO(BN_free_auto) BIGNUM *serial = BN_new();
    return serial && BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
           BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate));
}

/* Says whose it is, and with the first digits of its serial number which one: a person, and NSS by
 * its nicknames, can tell two of them apart. */
static void make_name(const X509 *certificate, const char *title, char ret_name[NAME_SIZE])
{
    const struct passwd *user = getpwuid(geteuid());
    const unsigned char *serial = ASN1_STRING_get0_data(X509_get0_serialNumber(certificate));
    char host[NAME_SIZE] = "";
    gethostname(host, sizeof host - 1);
    char owner[NAME_SIZE];
    snprintf(owner, sizeof owner, "%.16s@%.18s", user ? user->pw_name : "user", host);
    for (char *c = owner; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("@._-", *c))
            *c = '-';
    snprintf(ret_name, NAME_SIZE, "%.16s (%.35s) %02x%02x%02x%02x", title, owner, serial[0],
             serial[1], serial[2], serial[3]);
}

static bool set_subject(X509 *certificate, const char *title)
{
    char text[NAME_SIZE];
    make_name(certificate, title, text);
    HUFU_AUTO(X509_NAME_free_auto) X509_NAME *name = X509_NAME_new();
    return name &&
           X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)text, -1, -1, 0) &&
           X509_set_subject_name(certificate, name);
}

/* An hour earlier than now, for clocks that differ between this and a virtual machine. */
static bool set_validity(X509 *certificate)
{
    long end = (long)HUFU_LEAF_VALID_DAYS * DAY - HOUR;
    return X509_gmtime_adj(X509_getm_notBefore(certificate), -HOUR) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), end);
}

X509 *hufu_issue_draft(EVP_PKEY *key, const char *title)
{
    HUFU_AUTO(X509_free_auto) X509 *draft = X509_new();
    bool done = draft && X509_set_version(draft, X509_VERSION_3) && set_serial(draft) &&
                set_subject(draft, title) && set_validity(draft) && X509_set_pubkey(draft, key);
    return done ? HUFU_TAKE(draft) : NULL;
}

static bool add(X509 *draft, X509 *issuer, const struct hufu_issue_extension *extension)
{
    X509V3_CTX context = {0};
    X509V3_set_ctx(&context, issuer, draft, NULL, NULL, 0);
    HUFU_AUTO(X509_EXTENSION_free_auto)
    X509_EXTENSION *made = X509V3_EXT_nconf_nid(NULL, &context, extension->nid, extension->value);
    return made && X509_add_ext(draft, made, -1);
}

bool hufu_issue_sign(X509 *draft, X509 *issuer, EVP_PKEY *key,
                     const struct hufu_issue_extension *extensions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!add(draft, issuer, &extensions[i]))
            return false;
    return X509_set_issuer_name(draft, X509_get_subject_name(issuer)) &&
           X509_sign(draft, key, EVP_sha256());
}

bool hufu_issue_has_same(const X509 *a, const X509 *b, int nid)
{
    const int at = X509_get_ext_by_NID(a, nid, -1);
    X509_EXTENSION *of_a = X509_get_ext(a, at);
    X509_EXTENSION *of_b = X509_get_ext(b, X509_get_ext_by_NID(b, nid, -1));
    return of_a && of_b && X509_get_ext_by_NID(a, nid, at) < 0 &&
           X509_EXTENSION_get_critical(of_a) == X509_EXTENSION_get_critical(of_b) &&
           ASN1_OCTET_STRING_cmp(X509_EXTENSION_get_data(of_a), X509_EXTENSION_get_data(of_b)) == 0;
}

bool hufu_issue_has(X509 *certificate, const struct hufu_issue_extension *extensions, size_t count)
{
    HUFU_AUTO(X509_free_auto) X509 *own = X509_new();
    if (!own || !X509_set_pubkey(own, X509_get0_pubkey(certificate)))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add(own, own, &extensions[i]) ||
            !hufu_issue_has_same(certificate, own, extensions[i].nid))
            return false;
    return true;
}
