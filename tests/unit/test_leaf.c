#include "home.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "crypto/leaf.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>

enum { DAY = 24 * 60 * 60 };

static const char certificate_name[] = ".local/share/hufu/tls/leaf.pem";
static const char key_name[] = ".local/share/hufu/tls/leaf.key";
static const char next_certificate_name[] = ".local/share/hufu/tls/next.pem";
static const char next_key_name[] = ".local/share/hufu/tls/next.key";
static const char previous_certificate_name[] = ".local/share/hufu/tls/previous.pem";

HUFU_DEFINE_AUTO(X509 *, X509_free)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(FILE *, fclose)

static bool ensure(void)
{
    bool made = false;
    struct hufu_error err = {0};
    assert_int_equal(hufu_leaf_ensure(&made, &err), HUFU_OK);
    return made;
}

static X509 *read_certificate(const char *name)
{
    HUFU_AUTO(fclose_auto) FILE *file = fopen(home_path(name), "r");
    assert_non_null(file);
    X509 *read = PEM_read_X509(file, NULL, NULL, NULL);
    assert_non_null(read);
    return read;
}

static X509 *certificate(void)
{
    return read_certificate(certificate_name);
}

static EVP_PKEY *read_key(const char *name)
{
    HUFU_AUTO(fclose_auto) FILE *file = fopen(home_path(name), "r");
    assert_non_null(file);
    EVP_PKEY *read = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    assert_non_null(read);
    return read;
}

static EVP_PKEY *key(void)
{
    return read_key(key_name);
}

static mode_t mode_of(const char *name)
{
    struct stat info;
    assert_int_equal(lstat(home_path(name), &info), 0);
    return info.st_mode & 07777;
}

static void is_no_ca(void **state)
{
    (void)state;
    assert_true(ensure());
    HUFU_AUTO(X509_free_auto) X509 *leaf = certificate();
    assert_int_equal(X509_get_version(leaf), X509_VERSION_3);
    assert_int_equal(X509_check_ca(leaf), 0);
    int critical = -1;
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(leaf, NID_basic_constraints, &critical, NULL);
    assert_non_null(constraints);
    assert_int_equal(constraints->ca, 0);
    assert_int_equal(critical, 1);
    BASIC_CONSTRAINTS_free(constraints);
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER);
    int usage = X509_get_ext_by_NID(leaf, NID_key_usage, -1);
    assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(leaf, usage)), 1);
    assert_non_null(X509_get0_subject_key_id(leaf));
}

static void names_only_localhost(void **state)
{
    (void)state;
    ensure();
    HUFU_AUTO(X509_free_auto) X509 *leaf = certificate();
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(sk_GENERAL_NAME_num(names), 3);
    GENERAL_NAMES_free(names);
    assert_int_equal(X509_check_host(leaf, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(leaf, "::1", 0), 1);
    assert_int_equal(X509_check_host(leaf, "evil.test", 0, 0, NULL), 0);
    assert_int_equal(X509_check_ip_asc(leaf, "127.0.0.2", 0), 0);
}

static void says_whose_it_is(void **state)
{
    (void)state;
    ensure();
    HUFU_AUTO(X509_free_auto) X509 *leaf = certificate();
    char name[128];
    int len = X509_NAME_get_text_by_NID(X509_get_subject_name(leaf), NID_commonName, name,
                                        (int)sizeof name);
    assert_in_range(len, 1, 64);
    assert_non_null(strstr(name, "hufu localhost ("));
    assert_non_null(strchr(name, '@'));
    assert_int_equal(X509_NAME_cmp(X509_get_subject_name(leaf), X509_get_issuer_name(leaf)), 0);
}

static void is_signed_by_its_own_p256_key(void **state)
{
    (void)state;
    ensure();
    HUFU_AUTO(X509_free_auto) X509 *leaf = certificate();
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *own = key();
    char group[32];
    assert_int_equal(EVP_PKEY_get_group_name(own, group, sizeof group, NULL), 1);
    assert_string_equal(group, "prime256v1");
    assert_int_equal(X509_verify(leaf, own), 1);
    assert_int_equal(X509_check_private_key(leaf, own), 1);
}

static void lives_730_days(void **state)
{
    (void)state;
    ensure();
    HUFU_AUTO(X509_free_auto) X509 *leaf = certificate();
    int days = 0;
    int seconds = 0;
    ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(leaf), X509_get0_notAfter(leaf));
    assert_int_equal(days, HUFU_LEAF_VALID_DAYS);
    assert_int_equal(seconds, 0);
    ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(leaf), NULL);
    assert_int_equal(days, 0);
    assert_in_range(seconds, 3600, 3600 + 60);
}

static void has_a_random_serial(void **state)
{
    (void)state;
    ensure();
    HUFU_AUTO(X509_free_auto) X509 *first = certificate();
    assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(first)), 16);
    assert_int_equal(unlink(home_path(key_name)), 0);
    assert_true(ensure());
    HUFU_AUTO(X509_free_auto) X509 *second = certificate();
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(first), X509_get0_serialNumber(second)), 0);
}

static void keeps_the_key_to_the_user(void **state)
{
    (void)state;
    mode_t before = umask(0);
    ensure();
    umask(before);
    assert_int_equal(mode_of(key_name), 0600);
    assert_int_equal(mode_of(certificate_name), 0644);
    assert_int_equal(mode_of(".local/share/hufu/tls"), 0700);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pem = {.max = 4096};
    assert_int_equal(hufu_file_read(home_path(key_name), &pem), 0);
    assert_non_null(strstr(hufu_buf_text(&pem), "-----BEGIN PRIVATE KEY-----"));
}

static void is_made_once(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf before = {.max = HUFU_LEAF_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf after = {.max = HUFU_LEAF_MAX};
    assert_true(ensure());
    assert_int_equal(hufu_leaf_read(&before, NULL), HUFU_OK);
    assert_false(ensure());
    assert_int_equal(hufu_leaf_read(&after, NULL), HUFU_OK);
    assert_int_equal(before.len, after.len);
    assert_memory_equal(before.data, after.data, after.len);
}

/* The same key and names, but other days. */
static void set_days(const char *certificate_file, const char *key_file, int begins, int ends)
{
    HUFU_AUTO(X509_free_auto) X509 *leaf = read_certificate(certificate_file);
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *own = read_key(key_file);
    X509_gmtime_adj(X509_getm_notBefore(leaf), (long)begins * DAY - 60);
    X509_gmtime_adj(X509_getm_notAfter(leaf), (long)ends * DAY + 60);
    assert_true(X509_sign(leaf, own, EVP_sha256()) > 0);
    HUFU_AUTO(fclose_auto) FILE *file = fopen(home_path(certificate_file), "w");
    assert_int_equal(PEM_write_X509(file, leaf), 1);
}

static void shorten(int days)
{
    set_days(certificate_name, key_name, days - HUFU_LEAF_VALID_DAYS, days);
}

static bool has(const char *name)
{
    return access(home_path(name), F_OK) == 0;
}

/* Compares what is in the file with one that was there before. */
static bool is_same(const char *name, const X509 *other)
{
    HUFU_AUTO(X509_free_auto) X509 *leaf = read_certificate(name);
    return X509_cmp(leaf, other) == 0;
}

static void has_a_next_one_90_days_ahead(void **state)
{
    (void)state;
    ensure();
    shorten(HUFU_LEAF_NEXT_DAYS);
    assert_false(ensure());
    assert_false(has(next_certificate_name));
    shorten(HUFU_LEAF_NEXT_DAYS - 1);
    HUFU_AUTO(X509_free_auto) X509 *current = certificate();
    assert_true(ensure());
    assert_true(is_same(certificate_name, current));
    assert_int_equal(mode_of(next_key_name), 0600);
    assert_false(ensure());
}

static void names_the_next_one_otherwise(void **state)
{
    (void)state;
    ensure();
    shorten(HUFU_LEAF_NEXT_DAYS - 1);
    ensure();
    HUFU_AUTO(X509_free_auto) X509 *current = certificate();
    HUFU_AUTO(X509_free_auto) X509 *next = read_certificate(next_certificate_name);
    assert_int_not_equal(X509_NAME_cmp(X509_get_subject_name(current), X509_get_subject_name(next)),
                         0);
}

/* A current one with so many days left, and a next one that has been known for so many. */
static void make_both(int left, int known)
{
    ensure();
    shorten(HUFU_LEAF_NEXT_DAYS - 1);
    ensure();
    shorten(left);
    set_days(next_certificate_name, next_key_name, -known, HUFU_LEAF_VALID_DAYS - known);
}

static void hands_over_30_days_ahead(void **state)
{
    (void)state;
    make_both(HUFU_LEAF_RENEW_DAYS, HUFU_LEAF_KNOWN_DAYS);
    assert_false(ensure());
    shorten(HUFU_LEAF_RENEW_DAYS - 1);
    HUFU_AUTO(X509_free_auto) X509 *current = certificate();
    HUFU_AUTO(X509_free_auto) X509 *next = read_certificate(next_certificate_name);
    assert_true(ensure());
    assert_true(is_same(certificate_name, next));
    assert_true(is_same(previous_certificate_name, current));
    assert_false(has(next_certificate_name));
    assert_false(has(next_key_name));
    assert_false(ensure());
}

static void waits_until_browsers_know_the_next_one(void **state)
{
    (void)state;
    make_both(HUFU_LEAF_RENEW_DAYS - 1, HUFU_LEAF_KNOWN_DAYS - 1);
    HUFU_AUTO(X509_free_auto) X509 *current = certificate();
    assert_false(ensure());
    assert_true(is_same(certificate_name, current));
    shorten(HUFU_LEAF_LAST_DAYS);
    assert_false(ensure());
    shorten(HUFU_LEAF_LAST_DAYS - 1);
    assert_true(ensure());
    assert_false(is_same(certificate_name, current));
}

static void goes_on_with_the_next_one_when_the_current_one_is_lost(void **state)
{
    (void)state;
    make_both(HUFU_LEAF_NEXT_DAYS - 1, 0);
    HUFU_AUTO(X509_free_auto) X509 *next = read_certificate(next_certificate_name);
    assert_int_equal(chmod(home_path(key_name), 0644), 0);
    assert_true(ensure());
    assert_true(is_same(certificate_name, next));
    assert_false(has(previous_certificate_name)); /* somebody may have its key */
}

static void replaces_all_when_all_have_ended(void **state)
{
    (void)state;
    make_both(-1, 1000);
    assert_true(ensure());
    assert_false(has(next_certificate_name));
    HUFU_AUTO(X509_free_auto) X509 *leaf = certificate();
    assert_int_equal(X509_cmp_current_time(X509_get0_notAfter(leaf)), 1);
    assert_false(ensure());
}

static void forgets_a_next_one_that_is_broken(void **state)
{
    (void)state;
    make_both(HUFU_LEAF_NEXT_DAYS - 1, 0);
    HUFU_AUTO(X509_free_auto) X509 *next = read_certificate(next_certificate_name);
    assert_int_equal(chmod(home_path(next_key_name), 0640), 0);
    assert_true(ensure());
    assert_false(is_same(next_certificate_name, next));
    assert_int_equal(mode_of(next_key_name), 0600);
}

static void keeps_the_previous_one_7_days_after_its_end(void **state)
{
    (void)state;
    make_both(HUFU_LEAF_RENEW_DAYS - 1, HUFU_LEAF_KNOWN_DAYS);
    ensure();
    HUFU_AUTO(X509_free_auto) X509 *old = read_certificate(previous_certificate_name);
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *own = key();
    for (int days = HUFU_LEAF_KEEP_DAYS; days <= HUFU_LEAF_KEEP_DAYS + 1; days++) {
        X509_gmtime_adj(X509_getm_notAfter(old), -(long)days * DAY + 60);
        assert_true(X509_sign(old, own, EVP_sha256()) > 0);
        HUFU_AUTO(fclose_auto) FILE *file = fopen(home_path(previous_certificate_name), "w");
        assert_int_equal(PEM_write_X509(file, old), 1);
        fflush(file);
        ensure();
        assert_int_equal(has(previous_certificate_name), days == HUFU_LEAF_KEEP_DAYS);
    }
}

/* One that a wrong clock made stays for when its day comes; until then another one serves. */
static void has_a_next_one_beside_one_from_the_future(void **state)
{
    (void)state;
    ensure();
    set_days(certificate_name, key_name, 1000, 1730);
    HUFU_AUTO(X509_free_auto) X509 *current = certificate();
    assert_true(ensure());
    assert_true(is_same(certificate_name, current));
    HUFU_AUTO(X509_free_auto) X509 *next = read_certificate(next_certificate_name);
    assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(next)), -1);
    assert_false(ensure());
}

static void copy(const char *from, const char *to)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = 4096};
    assert_int_equal(hufu_file_read(home_path(from), &bytes), 0);
    assert_int_equal(hufu_file_write(home_path(to), 0644, hufu_buf_bytes(&bytes)), 0);
}

static void move(const char *from, const char *to)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", home_path(from));
    assert_int_equal(rename(path, home_path(to)), 0);
}

/* Stopped after each of its three steps; 0: a version that moved the old one was, after its first.
 */
static void finishes_a_handover(void **state)
{
    (void)state;
    for (int steps = 0; steps <= 3; steps++) {
        make_both(HUFU_LEAF_RENEW_DAYS - 1, HUFU_LEAF_KNOWN_DAYS);
        HUFU_AUTO(X509_free_auto) X509 *current = certificate();
        HUFU_AUTO(X509_free_auto) X509 *next = read_certificate(next_certificate_name);
        (steps == 0 ? move : copy)(certificate_name, previous_certificate_name);
        if (steps >= 2)
            move(next_key_name, key_name);
        if (steps >= 3)
            move(next_certificate_name, certificate_name);
        ensure();
        assert_true(is_same(certificate_name, next));
        assert_true(is_same(previous_certificate_name, current));
        assert_false(ensure());
        unlink(home_path(key_name));
        ensure();
    }
}

/* Whoever reads it, at whatever moment, finds the one or the other. */
static void keeps_a_certificate_during_a_handover(void **state)
{
    (void)state;
    _Alignas(struct inotify_event) char block[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    make_both(HUFU_LEAF_RENEW_DAYS - 1, HUFU_LEAF_KNOWN_DAYS);
    HUFU_AUTO(hufu_close) int changes = inotify_init1(IN_CLOEXEC);
    assert_true(inotify_add_watch(changes, home_path(".local/share/hufu/tls"),
                                  IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO) >= 0);
    assert_true(ensure());
    ssize_t len = read(changes, block, sizeof block);
    bool came = false;
    for (const char *at = block; at < block + len;) {
        const struct inotify_event *event = (const void *)at;
        if (strcmp(event->name, "leaf.pem") == 0) {
            assert_int_equal(event->mask, IN_MOVED_TO);
            came = true;
        }
        at += sizeof *event + event->len;
    }
    assert_true(came);
}

static void reads_all_in_order(void **state)
{
    (void)state;
    make_both(HUFU_LEAF_RENEW_DAYS - 1, HUFU_LEAF_KNOWN_DAYS);
    ensure();
    shorten(HUFU_LEAF_NEXT_DAYS - 1);
    ensure();
    static const char *const files[] = {certificate_name, next_certificate_name,
                                        previous_certificate_name};
    struct hufu_buf ders[HUFU_LEAF_COUNT] = {
        {.max = HUFU_LEAF_MAX}, {.max = HUFU_LEAF_MAX}, {.max = HUFU_LEAF_MAX}};
    size_t count = 0;
    assert_int_equal(hufu_leaves_read(ders, &count, NULL), HUFU_OK);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *start = ders[i].data;
        HUFU_AUTO(X509_free_auto) X509 *leaf = d2i_X509(NULL, &start, (long)ders[i].len);
        assert_true(is_same(files[i], leaf));
        hufu_buf_done(&ders[i]);
    }
    unlink(home_path(certificate_name));
    assert_int_equal(hufu_leaves_read(ders, &count, NULL), HUFU_E_LEAF);
}

static void write_text(const char *name, const char *text)
{
    assert_int_equal(hufu_file_write(home_path(name), 0600, hufu_bytes_of(text, strlen(text))), 0);
}

static void is_replaced_when_broken(void **state)
{
    (void)state;
    ensure();
    write_text(certificate_name, "not a certificate");
    assert_true(ensure());
    write_text(key_name, "");
    assert_true(ensure());
    assert_false(ensure());
}

static void is_replaced_when_the_key_was_open_to_others(void **state)
{
    (void)state;
    ensure();
    assert_int_equal(chmod(home_path(key_name), 0640), 0);
    assert_true(ensure());
    assert_int_equal(mode_of(key_name), 0600);
}

static void is_replaced_when_the_halves_differ(void **state)
{
    (void)state;
    ensure();
    HUFU_AUTO(hufu_buf_done) struct hufu_buf other = {.max = 4096};
    assert_int_equal(hufu_file_read(home_path(key_name), &other), 0);
    unlink(home_path(key_name));
    ensure();
    write_text(key_name, hufu_buf_text(&other));
    assert_true(ensure());
}

static void survives_a_race(void **state)
{
    (void)state;
    enum { RACERS = 4 };
    pid_t racers[RACERS];
    for (int i = 0; i < RACERS; i++) {
        racers[i] = fork();
        bool made = false;
        if (racers[i] == 0)
            _exit(hufu_leaf_ensure(&made, NULL) != HUFU_OK ? 2 : made);
    }
    int made = 0;
    for (int i = 0; i < RACERS; i++) {
        int status = -1;
        assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        made += WEXITSTATUS(status);
    }
    assert_int_equal(made, 1);
    assert_false(ensure());
}

static void describes_itself(void **state)
{
    (void)state;
    ensure();
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_LEAF_MAX};
    struct hufu_leaf_info info;
    assert_int_equal(hufu_leaf_read(&der, NULL), HUFU_OK);
    assert_int_equal(hufu_leaf_info(hufu_buf_bytes(&der), &info, NULL), HUFU_OK);
    HUFU_AUTO(X509_free_auto) X509 *leaf = certificate();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    assert_int_equal(X509_digest(leaf, EVP_sha256(), digest, &len), 1);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf hex = {.max = 2 * EVP_MAX_MD_SIZE};
    hufu_buf_add_hex(&hex, digest, len);
    assert_string_equal(info.sha256, hufu_buf_text(&hex));
    assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(leaf), info.not_after), 0);
}

static void fails_with_its_own_status(void **state)
{
    (void)state;
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_LEAF_MAX};
    struct hufu_leaf_info info;
    assert_int_equal(hufu_leaf_read(&der, &err), HUFU_E_LEAF);
    assert_int_equal(der.len, 0);
    assert_int_equal(hufu_leaf_info(hufu_bytes_of("x", 1), &info, NULL), HUFU_E_LEAF);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = 16};
    ensure();
    assert_int_equal(hufu_leaf_read(&small, NULL), HUFU_E_LEAF);
    setenv("HOME", "not absolute", 1);
    bool made = false;
    assert_int_equal(hufu_leaf_ensure(&made, NULL), HUFU_E_LEAF);
}

static void refuses_a_folder_that_is_not_one(void **state)
{
    (void)state;
    assert_int_equal(hufu_folder_make(home_path(".local/share/hufu"), 0700), 0);
    assert_int_equal(symlink("/tmp", home_path(".local/share/hufu/tls")), 0);
    struct hufu_error err = {0};
    bool made = false;
    assert_int_equal(hufu_leaf_ensure(&made, &err), HUFU_E_LEAF);
    assert_int_equal(err.origin, HUFU_ORIGIN_ERRNO);
    assert_int_equal(err.foreign, ENOTDIR);
}

static void says_when_it_is_due(void **state)
{
    (void)state;
    assert_true(hufu_leaf_due() == 0);
    ensure();
    time_t end = time(NULL) + (time_t)HUFU_LEAF_VALID_DAYS * 24 * 3600;
    time_t next = end - (time_t)HUFU_LEAF_NEXT_DAYS * 24 * 3600;
    assert_true(hufu_leaf_due() > next - 2 * 3600 && hufu_leaf_due() < next + 2 * 3600);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_no_ca),
        TEST(names_only_localhost),
        TEST(says_whose_it_is),
        TEST(is_signed_by_its_own_p256_key),
        TEST(lives_730_days),
        TEST(has_a_random_serial),
        TEST(keeps_the_key_to_the_user),
        TEST(is_made_once),
        TEST(has_a_next_one_90_days_ahead),
        TEST(names_the_next_one_otherwise),
        TEST(hands_over_30_days_ahead),
        TEST(waits_until_browsers_know_the_next_one),
        TEST(goes_on_with_the_next_one_when_the_current_one_is_lost),
        TEST(replaces_all_when_all_have_ended),
        TEST(forgets_a_next_one_that_is_broken),
        TEST(keeps_the_previous_one_7_days_after_its_end),
        TEST(has_a_next_one_beside_one_from_the_future),
        TEST(finishes_a_handover),
        TEST(keeps_a_certificate_during_a_handover),
        TEST(reads_all_in_order),
        TEST(is_replaced_when_broken),
        TEST(is_replaced_when_the_key_was_open_to_others),
        TEST(is_replaced_when_the_halves_differ),
        TEST(survives_a_race),
        TEST(describes_itself),
        TEST(says_when_it_is_due),
        TEST(fails_with_its_own_status),
        TEST(refuses_a_folder_that_is_not_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
