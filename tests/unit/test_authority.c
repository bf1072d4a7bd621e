#include "home.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "crypto/authority.h"
#include "crypto/leaf.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { DAY = 24 * 60 * 60, SCALAR = 32, MASK = 0x5a };

static const char certificate_name[] = ".local/share/hufu/tls/leaf.pem";
static const char next_certificate_name[] = ".local/share/hufu/tls/next.pem";

HUFU_DEFINE_AUTO(BIGNUM *, BN_clear_free)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(FILE *, fclose)
HUFU_DEFINE_AUTO(X509 *, X509_free)

/* --- what is known of the authority's key: masked, so that a search does not find itself --- */

static struct witness {
    uint8_t masked[2][SCALAR]; /* both byte orders */
    unsigned keys;             /* made in another process than the test's */
    unsigned found_while_alive;
    bool undumpable;
} * witness;

static size_t count_in(const uint8_t *block, size_t len)
{
    size_t count = 0;
    for (size_t order = 0; order < 2; order++)
        for (size_t i = 0; i + SCALAR <= len; i++) {
            size_t same = 0;
            while (same < SCALAR && (block[i + same] ^ MASK) == witness->masked[order][same])
                same++;
            count += same == SCALAR;
        }
    return count;
}

/* Everything that this process can write to, its stack too. The sanitizers' own terabytes are
 * not. */
static size_t count_in_memory(void)
{
    enum { BLOCK = 1 << 20 };
    const unsigned long too_large = 1UL << 28;
    static uint8_t block[BLOCK];
    size_t count = 0;
    char line[512];
    HUFU_AUTO(fclose_auto) FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (sscanf(line, "%lx-%lx rw", &from, &to) != 2 || !strstr(line, " rw") ||
            to - from > too_large)
            continue;
        for (unsigned long at = from; at < to; at += BLOCK - SCALAR) {
            struct iovec here = {.iov_base = block, .iov_len = BLOCK};
            struct iovec there = {.iov_base = (void *)at,
                                  .iov_len = to - at < BLOCK ? to - at : BLOCK};
            ssize_t len = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
            count += len > 0 ? count_in(block, (size_t)len) : 0;
        }
    }
    memset(block, 0, sizeof block);
    return count;
}

static pid_t test_process;

EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *context, const char *query, const char *type, ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *context, const char *query, const char *type, ...);

/* Remembers the key that is made in the other process, and looks for it there. */
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *context, const char *query, const char *type, ...)
{
    va_list list;
    va_start(list, type);
    EVP_PKEY *key = __real_EVP_PKEY_Q_keygen(context, query, type, va_arg(list, char *));
    va_end(list);
    if (getpid() == test_process)
        return key;
    struct rlimit core;
    HUFU_AUTO(BN_clear_free_auto) BIGNUM *scalar = NULL;
    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar);
    BN_bn2binpad(scalar, witness->masked[0], SCALAR);
    for (size_t i = 0; i < SCALAR; i++)
        witness->masked[0][i] ^= MASK;
    for (size_t i = 0; i < SCALAR; i++)
        witness->masked[1][i] = witness->masked[0][SCALAR - 1 - i];
    witness->keys++;
    witness->found_while_alive = (unsigned)count_in_memory();
    witness->undumpable =
        prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0;
    return key;
}

static int setup(void **state)
{
    test_process = getpid();
    witness =
        mmap(NULL, sizeof *witness, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return witness == MAP_FAILED ? -1 : home_setup(state);
}

static int teardown(void **state)
{
    munmap(witness, sizeof *witness);
    return home_teardown(state);
}

/* --- certificates --- */

static bool ensure_form(enum hufu_leaf_form form)
{
    bool changed = false;
    struct hufu_error err = {0};
    assert_int_equal(hufu_leaf_ensure_form(form, &changed, &err), HUFU_OK);
    return changed;
}

/* The one with that number in the file, or NULL. */
static X509 *read_certificate(const char *name, int number)
{
    HUFU_AUTO(fclose_auto) FILE *file = fopen(home_path(name), "r");
    assert_non_null(file);
    X509 *read = NULL;
    for (int i = 0; i <= number; i++) {
        X509_free(read);
        read = PEM_read_X509(file, NULL, NULL, NULL);
    }
    return read;
}

static bool is_acceptable(const X509 *certificate)
{
    unsigned char der[HUFU_LEAF_MAX];
    unsigned char *end = der;
    int len = i2d_X509(certificate, &end);
    return hufu_authority_is_acceptable(hufu_bytes_of(der, (size_t)len));
}

static void is_made_with_its_leaf(void **state)
{
    (void)state;
    assert_true(ensure_form(HUFU_LEAF_WITH_AUTHORITY));
    HUFU_AUTO(X509_free_auto) X509 *leaf = read_certificate(certificate_name, 0);
    HUFU_AUTO(X509_free_auto) X509 *authority = read_certificate(certificate_name, 1);
    assert_non_null(authority);
    assert_null(read_certificate(certificate_name, 2));
    assert_int_equal(X509_verify(leaf, X509_get0_pubkey(authority)), 1);
    assert_int_equal(X509_check_issued(authority, leaf), X509_V_OK);
    assert_int_equal(X509_check_ca(leaf), 0);
    assert_int_equal(X509_check_ca(authority), 1);
    assert_int_equal(X509_get_pathlen(authority), 0);
    assert_int_equal(X509_get_key_usage(authority), KU_KEY_CERT_SIGN);
    assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    assert_true(is_acceptable(authority));
    assert_false(is_acceptable(leaf));
    assert_false(ensure_form(HUFU_LEAF_WITH_AUTHORITY));
}

static void leaves_no_key(void **state)
{
    (void)state;
    ensure_form(HUFU_LEAF_WITH_AUTHORITY);
    assert_int_equal(witness->keys, 1);
    assert_in_range(witness->found_while_alive, 1, 100); /* the search can find it */
    assert_true(witness->undumpable);
    assert_int_equal(count_in_memory(), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* its process is gone */
}

static int count_in_file(const char *path, const struct stat *info, int type, struct FTW *level)
{
    (void)info;
    (void)level;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = 1 << 30};
    if (type != FTW_F)
        return 0;
    assert_int_equal(hufu_file_read(path, &content), 0);
    return count_in(content.data, content.len) > 0;
}

static void leaves_no_key_in_files(void **state)
{
    (void)state;
    ensure_form(HUFU_LEAF_WITH_AUTHORITY);
    assert_int_equal(nftw(home, count_in_file, 16, FTW_PHYS), 0);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 64 * 1024};
    assert_int_equal(hufu_file_read(home_path(certificate_name), &text), 0);
    assert_null(strstr(hufu_buf_text(&text), "PRIVATE KEY"));
}

static void leaves_no_key_in_a_core_dump(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    SKIP("a build without sanitizers: its core would have terabytes");
#endif
    if (system("command -v gcore >/dev/null"))
        SKIP("gcore");
    ensure_form(HUFU_LEAF_WITH_AUTHORITY);
    char command[PATH_MAX + 64];
    snprintf(command, sizeof command, "gcore -o %s %d >/dev/null 2>&1", home_path("core"),
             (int)getpid());
    assert_int_equal(system(command), 0);
    char name[64];
    snprintf(name, sizeof name, "core.%d", (int)getpid());
    HUFU_AUTO(hufu_buf_done) struct hufu_buf core = {.max = 1 << 30};
    assert_int_equal(hufu_file_read(home_path(name), &core), 0);
    assert_int_equal(count_in(core.data, core.len), 0);
}

static void renews_in_the_same_form(void **state)
{
    (void)state;
    ensure_form(HUFU_LEAF_WITH_AUTHORITY);
    HUFU_AUTO(X509_free_auto) X509 *first = read_certificate(certificate_name, 1);
    assert_int_equal(unlink(home_path(".local/share/hufu/tls/leaf.key")), 0);
    assert_true(ensure_form(HUFU_LEAF_AS_IT_IS));
    HUFU_AUTO(X509_free_auto) X509 *second = read_certificate(certificate_name, 1);
    assert_non_null(second);
    assert_int_not_equal(X509_cmp(first, second), 0);
}

static void replaces_a_leaf_of_the_other_form(void **state)
{
    (void)state;
    ensure_form(HUFU_LEAF_AS_IT_IS);
    HUFU_AUTO(X509_free_auto) X509 *alone = read_certificate(certificate_name, 0);
    struct hufu_buf ders[HUFU_LEAF_COUNT] = {{.max = HUFU_LEAF_MAX}};
    size_t count = 0;
    assert_int_equal(hufu_authorities_read(ders, &count, NULL), HUFU_E_LEAF);
    assert_true(ensure_form(HUFU_LEAF_WITH_AUTHORITY));
    HUFU_AUTO(X509_free_auto) X509 *leaf = read_certificate(certificate_name, 0);
    assert_int_not_equal(X509_cmp(alone, leaf), 0);
    assert_int_equal(hufu_authorities_read(ders, &count, NULL), HUFU_OK);
    assert_int_equal(count, 1);
    assert_true(hufu_authority_is_acceptable(hufu_buf_bytes(&ders[0])));
    hufu_buf_done(&ders[0]);
}

static void goes_and_leaves_the_leaf(void **state)
{
    (void)state;
    ensure_form(HUFU_LEAF_WITH_AUTHORITY);
    HUFU_AUTO(X509_free_auto) X509 *before = read_certificate(certificate_name, 0);
    assert_false(ensure_form(HUFU_LEAF_ALONE));
    HUFU_AUTO(X509_free_auto) X509 *after = read_certificate(certificate_name, 0);
    assert_int_equal(X509_cmp(before, after), 0);
    assert_null(read_certificate(certificate_name, 1));
    assert_false(ensure_form(HUFU_LEAF_AS_IT_IS));
    assert_int_not_equal(access(home_path(next_certificate_name), F_OK), 0);
}

/* --- what root does not take --- */

/* What is wrong with each: a self-signed CA that differs from ours in one point. */
static const struct faulty {
    const char *constraints; /* in place of ours, or NULL */
    const char *basic;
    const char *usage;
    const char *purpose;
    const char *subject;
    int days;
    bool more; /* an extension too many */
} ours = {.basic = "critical,CA:TRUE,pathlen:0",
          .usage = "critical,keyCertSign",
          .purpose = "serverAuth",
          .days = HUFU_LEAF_VALID_DAYS};

static void add(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context = {0};
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *made = X509V3_EXT_nconf_nid(NULL, &context, nid, value);
    assert_non_null(made);
    X509_add_ext(certificate, made, -1);
    X509_EXTENSION_free(made);
}

static X509 *craft(const X509 *model, const struct faulty *wanted)
{
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *made = X509_dup(model);
    int at = X509_get_ext_by_NID(made, NID_name_constraints, -1);
    X509_EXTENSION *constraints = X509_delete_ext(made, at);
    while (X509_get_ext_count(made) > 0)
        X509_EXTENSION_free(X509_delete_ext(made, 0));
    X509_set_pubkey(made, key);
    if (wanted->constraints && wanted->constraints[0])
        add(made, NID_name_constraints, wanted->constraints);
    else if (!wanted->constraints)
        X509_add_ext(made, constraints, -1);
    X509_EXTENSION_free(constraints);
    add(made, NID_basic_constraints, wanted->basic);
    add(made, NID_key_usage, wanted->usage);
    add(made, NID_ext_key_usage, wanted->purpose);
    add(made, NID_subject_key_identifier, "hash");
    if (wanted->more)
        add(made, NID_netscape_comment, "one too many");
    if (wanted->subject) {
        X509_NAME *name = X509_NAME_new();
        X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                   (const unsigned char *)wanted->subject, -1, -1, 0);
        X509_set_subject_name(made, name);
        X509_set_issuer_name(made, name);
        X509_NAME_free(name);
    }
    X509_gmtime_adj(X509_getm_notBefore(made), -DAY);
    X509_gmtime_adj(X509_getm_notAfter(made), (long)(wanted->days - 1) * DAY);
    assert_true(X509_sign(made, key, EVP_sha256()) > 0);
    return made;
}

#define FORMS                                                                                      \
    "permitted;IP:127.0.0.1/255.255.255.255,"                                                      \
    "permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,"                                    \
    "permitted;email:.invalid,permitted;URI:.invalid"

static void is_not_accepted_when_it_may_do_more(void **state)
{
    (void)state;
    ensure_form(HUFU_LEAF_WITH_AUTHORITY);
    HUFU_AUTO(X509_free_auto) X509 *model = read_certificate(certificate_name, 1);
    HUFU_AUTO(X509_free_auto) X509 *same = craft(model, &ours);
    assert_true(is_acceptable(same));
    struct faulty faults[14];
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        faults[i] = ours;
    faults[0].constraints = "";
    faults[1].constraints = "critical,permitted;DNS:localhost," FORMS;
    faults[2].constraints = "critical,permitted;DNS:tw,permitted;DNS:localhost," FORMS;
    faults[3].constraints = "critical,excluded;DNS:example.tw";
    faults[4].basic = "critical,CA:TRUE";
    faults[5].basic = "critical,CA:TRUE,pathlen:1";
    faults[6].basic = "CA:TRUE,pathlen:0";
    faults[7].usage = "critical,keyCertSign,cRLSign";
    faults[8].purpose = "serverAuth,clientAuth";
    faults[9].purpose = "anyExtendedKeyUsage";
    faults[10].subject = "Government Root CA";
    faults[11].days = HUFU_LEAF_VALID_DAYS + 1;
    faults[12].days = 0;
    faults[13].more = true;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        HUFU_AUTO(X509_free_auto) X509 *faulty = craft(model, &faults[i]);
        if (is_acceptable(faulty))
            fail_msg("fault %zu", i);
    }
}

static void is_not_accepted_when_it_is_not_one(void **state)
{
    (void)state;
    ensure_form(HUFU_LEAF_WITH_AUTHORITY);
    HUFU_AUTO(X509_free_auto) X509 *authority = read_certificate(certificate_name, 1);
    unsigned char der[HUFU_LEAF_MAX + 1] = {0};
    unsigned char *end = der;
    size_t len = (size_t)i2d_X509(authority, &end);
    assert_true(hufu_authority_is_acceptable(hufu_bytes_of(der, len)));
    assert_false(hufu_authority_is_acceptable(hufu_bytes_of(der, len + 1)));
    assert_false(hufu_authority_is_acceptable(hufu_bytes_of(der, len - 1)));
    assert_false(hufu_authority_is_acceptable(hufu_bytes_of(der, 0)));
    assert_false(hufu_authority_is_acceptable(hufu_bytes_of(der, sizeof der)));
    der[len - 1] ^= 1; /* of the signature */
    assert_false(hufu_authority_is_acceptable(hufu_bytes_of(der, len)));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_made_with_its_leaf),
        TEST(leaves_no_key),
        TEST(leaves_no_key_in_files),
        TEST(leaves_no_key_in_a_core_dump),
        TEST(renews_in_the_same_form),
        TEST(replaces_a_leaf_of_the_other_form),
        TEST(goes_and_leaves_the_leaf),
        TEST(is_not_accepted_when_it_may_do_more),
        TEST(is_not_accepted_when_it_is_not_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
