#include "home.h"

#include "base/cleanup.h"
#include "crypto/leaf.h"
#include "service/handshake.h"
#include "service/tls.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>

enum { OLDEST = 2 /* TLS 1.2 */, DAY = 24 * 60 * 60 };

static const char current_name[] = ".local/share/hufu/tls/leaf.pem";
static const char next_name[] = ".local/share/hufu/tls/next.pem";

HUFU_DEFINE_AUTO(X509 *, X509_free)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(FILE *, fclose)

/* --- the clock of the computer, which jumps --- */

static time_t jumped_s;

time_t __real_time(time_t *ret_time);
time_t __wrap_time(time_t *ret_time);

time_t __wrap_time(time_t *ret_time)
{
    time_t now = __real_time(NULL) + jumped_s;
    if (ret_time)
        *ret_time = now;
    return now;
}

void __wrap_hufu_handshake_begins(SSL *ssl, unsigned version, bool refused);
bool __wrap_hufu_handshakes_watch(struct hufu_handshakes *handshakes, SSL_CTX *context);

void __wrap_hufu_handshake_begins(SSL *ssl, unsigned version, bool refused)
{
    (void)ssl, (void)version, (void)refused;
}

bool __wrap_hufu_handshakes_watch(struct hufu_handshakes *handshakes, SSL_CTX *context)
{
    (void)handshakes;
    return context != NULL;
}

/* --- a current leaf that ends 89 days from now, and a next one --- */

static X509 *read_certificate(const char *name)
{
    HUFU_AUTO(fclose_auto) FILE *file = fopen(home_path(name), "r");
    assert_non_null(file);
    return PEM_read_X509(file, NULL, NULL, NULL);
}

static void ensure(void)
{
    bool changed = false;
    assert_int_equal(hufu_leaf_ensure(&changed, NULL), HUFU_OK);
}

static void end_current_in(long days)
{
    HUFU_AUTO(X509_free_auto) X509 *leaf = read_certificate(current_name);
    HUFU_AUTO(fclose_auto)
    FILE *key_file = fopen(home_path(".local/share/hufu/tls/leaf.key"), "r");
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = PEM_read_PrivateKey(key_file, NULL, NULL, NULL);
    X509_gmtime_adj(X509_getm_notAfter(leaf), days * DAY);
    assert_true(X509_sign(leaf, key, EVP_sha256()) > 0);
    HUFU_AUTO(fclose_auto) FILE *file = fopen(home_path(current_name), "w");
    assert_int_equal(PEM_write_X509(file, leaf), 1);
}

static int setup(void **state)
{
    jumped_s = 0;
    if (home_setup(state))
        return -1;
    ensure();
    end_current_in(HUFU_LEAF_NEXT_DAYS - 1);
    ensure();
    return 0;
}

static SSL_CTX *load(void)
{
    SSL_CTX *context = NULL;
    struct hufu_error err = {0};
    assert_int_equal(hufu_tls_new(OLDEST, NULL, &context, &err), HUFU_OK);
    return context;
}

/* --- handshakes in memory --- */

struct shake {
    SSL_CTX *client_context;
    SSL *client;
    SSL *server;
};

static struct shake begin(SSL_CTX *server_context)
{
    struct shake shake = {.client_context = SSL_CTX_new(TLS_client_method()),
                          .server = SSL_new(server_context)};
    shake.client = SSL_new(shake.client_context);
    BIO *near_end = NULL;
    BIO *far_end = NULL;
    assert_int_equal(BIO_new_bio_pair(&near_end, 0, &far_end, 0), 1);
    SSL_set_bio(shake.client, near_end, near_end);
    SSL_set_bio(shake.server, far_end, far_end);
    SSL_set_connect_state(shake.client);
    SSL_set_accept_state(shake.server);
    return shake;
}

/* Returns what the server waits for in the end. */
static int go_on(const struct shake *shake)
{
    enum { FLIGHTS = 4 };
    int wanted = SSL_ERROR_NONE;
    for (int i = 0; i < FLIGHTS; i++) {
        SSL_do_handshake(shake->client);
        wanted = SSL_get_error(shake->server, SSL_do_handshake(shake->server));
    }
    return wanted;
}

static void end(struct shake *shake)
{
    SSL_free(shake->client);
    SSL_free(shake->server);
    SSL_CTX_free(shake->client_context);
}

static bool serves(SSL_CTX *context, const char *name)
{
    HUFU_AUTO(X509_free_auto) X509 *expected = read_certificate(name);
    struct shake shake = begin(context);
    assert_int_equal(go_on(&shake), SSL_ERROR_NONE);
    HUFU_AUTO(X509_free_auto) X509 *shown = SSL_get1_peer_certificate(shake.client);
    bool same = X509_cmp(shown, expected) == 0;
    end(&shake);
    return same;
}

static void serves_what_the_clock_says(void **state)
{
    (void)state;
    SSL_CTX *context = load();
    assert_true(serves(context, current_name));
    jumped_s = (HUFU_LEAF_NEXT_DAYS - 1) * DAY - 60;
    assert_true(serves(context, current_name));
    jumped_s += 120;
    assert_true(serves(context, next_name));
    jumped_s = 0;
    assert_true(serves(context, current_name));
    hufu_tls_free(context);
}

static void serves_alone_what_is_alone(void **state)
{
    (void)state;
    assert_int_equal(unlink(home_path(next_name)), 0);
    SSL_CTX *context = load();
    assert_true(serves(context, current_name));
    hufu_tls_free(context);
}

static void says_nothing_while_no_leaf_is_valid(void **state)
{
    (void)state;
    assert_int_equal(unlink(home_path(next_name)), 0);
    end_current_in(-1);
    SSL_CTX *context = load();
    struct shake shake = begin(context);
    assert_int_equal(go_on(&shake), SSL_ERROR_WANT_X509_LOOKUP);
    assert_int_equal(SSL_get_error(shake.client, SSL_do_handshake(shake.client)),
                     SSL_ERROR_WANT_READ);
    assert_int_equal(BIO_number_written(SSL_get_wbio(shake.server)), 0);
    ensure();
    SSL_CTX *renewed = load();
    assert_non_null(SSL_set_SSL_CTX(shake.server, renewed));
    assert_int_equal(go_on(&shake), SSL_ERROR_NONE);
    HUFU_AUTO(X509_free_auto) X509 *expected = read_certificate(current_name);
    HUFU_AUTO(X509_free_auto) X509 *shown = SSL_get1_peer_certificate(shake.client);
    assert_int_equal(X509_cmp(shown, expected), 0);
    end(&shake);
    hufu_tls_free(context);
    hufu_tls_free(renewed);
}

static void is_fresh_until_30_days_before_the_last_end(void **state)
{
    (void)state;
    SSL_CTX *both = load();
    jumped_s = (HUFU_LEAF_VALID_DAYS - HUFU_TLS_RENEW_DAYS - 1) * DAY;
    assert_true(hufu_tls_is_fresh(both));
    jumped_s += DAY;
    assert_false(hufu_tls_is_fresh(both));
    jumped_s = (HUFU_LEAF_VALID_DAYS + 1) * DAY;
    struct shake shake = begin(both);
    assert_int_equal(go_on(&shake), SSL_ERROR_WANT_X509_LOOKUP);
    end(&shake);
    hufu_tls_free(both);
}

static void takes_no_halves_that_differ(void **state)
{
    (void)state;
    char from[PATH_MAX];
    snprintf(from, sizeof from, "%s", home_path(next_name));
    assert_int_equal(rename(from, home_path(current_name)), 0);
    SSL_CTX *context = NULL;
    assert_int_equal(hufu_tls_new(OLDEST, NULL, &context, NULL), HUFU_E_GENERAL);
    assert_null(context);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(serves_what_the_clock_says),          TEST(serves_alone_what_is_alone),
        TEST(says_nothing_while_no_leaf_is_valid), TEST(is_fresh_until_30_days_before_the_last_end),
        TEST(takes_no_halves_that_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
