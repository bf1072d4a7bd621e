#include "crypto/authority.h"

#include "base/cleanup.h"
#include "crypto/leaf.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 };

HUFU_DEFINE_AUTO(BIO *, BIO_free)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(NAME_CONSTRAINTS *, NAME_CONSTRAINTS_free)
HUFU_DEFINE_AUTO(X509 *, X509_free)

static const char title[] = "hufu authority";

static const struct hufu_issue_extension extensions[] = {
    {.nid = NID_basic_constraints, .value = "critical,CA:TRUE,pathlen:0"},
    {.nid = NID_key_usage, .value = "critical,keyCertSign"},
    {.nid = NID_ext_key_usage, .value = "serverAuth"},
    {.nid = NID_subject_key_identifier, .value = "hash"},
};
enum { EXTENSIONS = sizeof extensions / sizeof extensions[0] };

/* A form that is not mentioned is open. ".invalid" is what nobody has (RFC 2606). The one directory
 * name is the leaf's. GnuTLS cannot read constraints of further forms, and no server has one. */
static const struct {
    int form;
    const char *value;
} permitted[] = {
    {.form = GEN_DNS, .value = "localhost"},
    {.form = GEN_IPADD, .value = "127.0.0.1/255.255.255.255"},
    {.form = GEN_IPADD, .value = "::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {.form = GEN_EMAIL, .value = ".invalid"},
    {.form = GEN_URI, .value = ".invalid"},
};

/* --- name constraints --- */

static GENERAL_NAME *directory_name(const X509_NAME *name)
{
    GENERAL_NAME *made = GENERAL_NAME_new();
    X509_NAME *copy = X509_NAME_dup(name);
    if (made && copy)
        GENERAL_NAME_set0_value(made, GEN_DIRNAME, copy);
    else
        X509_NAME_free(copy);
    return made;
}

/* Takes `name`, which may be NULL. */
static bool permit(NAME_CONSTRAINTS *constraints, GENERAL_NAME *name)
{
    GENERAL_SUBTREE *subtree = name ? GENERAL_SUBTREE_new() : NULL;
    if (!subtree) {
        GENERAL_NAME_free(name);
        return false;
    }
    GENERAL_NAME_free(subtree->base);
    subtree->base = name;
    if (sk_GENERAL_SUBTREE_push(constraints->permittedSubtrees, subtree) > 0)
        return true;
    GENERAL_SUBTREE_free(subtree);
    return false;
}

static NAME_CONSTRAINTS *make_constraints(const X509_NAME *leaf)
{
    HUFU_AUTO(NAME_CONSTRAINTS_free_auto) NAME_CONSTRAINTS *made = NAME_CONSTRAINTS_new();
    if (!made || !(made->permittedSubtrees = sk_GENERAL_SUBTREE_new_null()))
        return NULL;
    for (size_t i = 0; i < sizeof permitted / sizeof permitted[0]; i++) {
        const int is_constraint = 1;
        if (!permit(made, a2i_GENERAL_NAME(NULL, NULL, NULL, permitted[i].form, permitted[i].value,
                                           is_constraint)))
            return NULL;
    }
    return permit(made, directory_name(leaf)) ? HUFU_TAKE(made) : NULL;
}

static bool constrain(X509 *authority, const X509_NAME *leaf)
{
    const int critical = 1;
    HUFU_AUTO(NAME_CONSTRAINTS_free_auto) NAME_CONSTRAINTS *constraints = make_constraints(leaf);
    return constraints &&
           X509_add1_ext_i2d(authority, NID_name_constraints, constraints, critical, 0) == 1;
}

/* --- the process in which the key lives --- */

/* Not in a core dump, not for a debugger, and where the limits allow it not in swap. */
static void leave_no_trace(void)
{
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    mlockall(MCL_CURRENT | MCL_FUTURE);
}

static bool send_der(int fd, const X509 *certificate)
{
    unsigned char der[HUFU_LEAF_MAX];
    unsigned char *end = der;
    int len = i2d_X509(certificate, NULL);
    return len > 0 && len <= HUFU_LEAF_MAX && i2d_X509(certificate, &end) == len &&
           write(fd, der, (size_t)len) == len;
}

static bool sign_in_child(int fd, X509 *draft, const struct hufu_issue_extension *of_leaf,
                          size_t count)
{
    leave_no_trace();
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    HUFU_AUTO(X509_free_auto) X509 *authority = key ? hufu_issue_draft(key, title) : NULL;
    return authority && constrain(authority, X509_get_subject_name(draft)) &&
           hufu_issue_sign(authority, authority, key, extensions, EXTENSIONS) &&
           hufu_issue_sign(draft, authority, key, of_leaf, count) && send_der(fd, draft) &&
           send_der(fd, authority);
}

static bool receive(int fd, struct hufu_buf *ders)
{
    unsigned char block[HUFU_LEAF_MAX];
    ssize_t len = 0;
    while ((len = TEMP_FAILURE_RETRY(read(fd, block, sizeof block))) > 0)
        hufu_buf_add(ders, block, (size_t)len);
    return len == 0 && !ders->failed;
}

static bool parse(const struct hufu_buf *ders, X509 **ret_leaf, X509 **ret_authority)
{
    const unsigned char *next = ders->data;
    const unsigned char *end = ders->data + ders->len;
    HUFU_AUTO(X509_free_auto) X509 *leaf = next ? d2i_X509(NULL, &next, end - next) : NULL;
    HUFU_AUTO(X509_free_auto) X509 *authority = leaf ? d2i_X509(NULL, &next, end - next) : NULL;
    if (!authority || next != end)
        return false;
    *ret_leaf = HUFU_TAKE(leaf);
    *ret_authority = HUFU_TAKE(authority);
    return true;
}

bool hufu_authority_sign(X509 *draft, const struct hufu_issue_extension *of_leaf, size_t count,
                         X509 **ret_leaf, X509 **ret_authority)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return false;
    pid_t child = fork();
    if (child == 0)
        _exit(sign_in_child(ends[1], draft, of_leaf, count) ? 0 : 1);
    close(ends[1]);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf ders = {.max = 2 * HUFU_LEAF_MAX};
    bool received = child > 0 && receive(ends[0], &ders);
    int status = -1;
    close(ends[0]);
    if (child > 0)
        TEMP_FAILURE_RETRY(waitpid(child, &status, 0));
    return received && status == 0 && parse(&ders, ret_leaf, ret_authority);
}

/* --- what root takes --- */

static bool begins_with(const X509_NAME *name, const char *beginning)
{
    char text[64 + 1]; /* ub-common-name of RFC 5280 */
    return X509_NAME_entry_count(name) == 1 &&
           X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof text) > 0 &&
           strncmp(text, beginning, strlen(beginning)) == 0;
}

static const X509_NAME *permitted_leaf(const NAME_CONSTRAINTS *constraints)
{
    const int last = (int)(sizeof permitted / sizeof permitted[0]);
    const GENERAL_SUBTREE *subtree = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, last);
    return subtree && subtree->base->type == GEN_DIRNAME ? subtree->base->d.directoryName : NULL;
}

/* The same bytes as ours: nothing that we would have to understand. */
static bool is_constrained(X509 *authority)
{
    int critical = 0;
    HUFU_AUTO(NAME_CONSTRAINTS_free_auto)
    NAME_CONSTRAINTS *constraints =
        X509_get_ext_d2i(authority, NID_name_constraints, &critical, NULL);
    const X509_NAME *leaf = constraints ? permitted_leaf(constraints) : NULL;
    if (!leaf || critical != 1 || !begins_with(leaf, "hufu localhost ("))
        return false;
    HUFU_AUTO(X509_free_auto) X509 *own = X509_new();
    return own && constrain(own, leaf) && hufu_issue_has_same(authority, own, NID_name_constraints);
}

static bool lives_right(const X509 *authority)
{
    int days = 0;
    int seconds = 0;
    const ASN1_TIME *end = X509_get0_notAfter(authority);
    return ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(authority), end) == 1 && days >= 0 &&
           seconds >= 0 &&
           (days < HUFU_LEAF_VALID_DAYS || (days == HUFU_LEAF_VALID_DAYS && seconds == 0)) &&
           X509_cmp_current_time(end) > 0;
}

static bool is_own_work(X509 *authority)
{
    EVP_PKEY *key = X509_get0_pubkey(authority);
    char group[sizeof "prime256v1"] = "";
    return key && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, "prime256v1") == 0 &&
           X509_get_signature_nid(authority) == NID_ecdsa_with_SHA256 &&
           X509_verify(authority, key) == 1 && begins_with(X509_get_subject_name(authority), title);
}

bool hufu_authority_is_acceptable(struct hufu_bytes der)
{
    const unsigned char *next = der.data;
    HUFU_AUTO(X509_free_auto)
    X509 *authority = der.len <= HUFU_LEAF_MAX ? d2i_X509(NULL, &next, (long)der.len) : NULL;
    bool acceptable = authority && next == der.data + der.len && is_own_work(authority) &&
                      X509_get_ext_count(authority) == EXTENSIONS + 1 &&
                      hufu_issue_has(authority, extensions, EXTENSIONS) &&
                      is_constrained(authority) && lives_right(authority);
    ERR_clear_error();
    return acceptable;
}

bool hufu_authority_add_pem(struct hufu_bytes der, struct hufu_buf *ret_pem)
{
    char *text = NULL;
    HUFU_AUTO(BIO_free_auto) BIO *pem = BIO_new(BIO_s_mem());
    if (!pem || PEM_write_bio(pem, PEM_STRING_X509, "", der.data, (long)der.len) <= 0)
        return false;
    long len = BIO_get_mem_data(pem, &text);
    hufu_buf_add(ret_pem, text, (size_t)len);
    return !ret_pem->failed;
}
