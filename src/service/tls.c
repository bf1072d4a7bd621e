#include "service/tls.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/wipe.h"
#include "service/handshake.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

HUFU_DEFINE_AUTO(BIO *, BIO_free)
HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(X509 *, X509_free)
HUFU_DEFINE_AUTO(SSL_CTX *, SSL_CTX_free)

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned int in_len, void *unused)
{
    static const unsigned char offered[] = "\x08http/1.1";
    unsigned char *chosen = NULL;
    (void)ssl;
    (void)unused;
    if (SSL_select_next_proto(&chosen, out_len, offered, sizeof offered - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* --- what a ClientHello says --- */

/* The newest version that it offers. SSL 3 to TLS 1.2 say so at once, TLS 1.3 in a list, among
 * made-up ones (GREASE) that no server may know. */
static unsigned offered_version(SSL *ssl)
{
    const unsigned char *list = NULL;
    size_t len = 0;
    unsigned newest = SSL_client_hello_get0_legacy_version(ssl);
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &list, &len))
        return newest;
    newest = 0; /* the list alone counts where there is one */
    for (size_t i = 1; i + 1 < len; i += 2) {
        unsigned version = (unsigned)list[i] << 8 | list[i + 1];
        if (list[i] == SSL3_VERSION_MAJOR && version > newest)
            newest = version;
    }
    return newest;
}

/* Browsers send no name for 127.0.0.1 and ::1. Any other name is one that somebody else's DNS
 * brought here. */
static bool names_us(SSL *ssl)
{
    static const unsigned char localhost[] = "\0\x0c\0\0\x09localhost"; /* RFC 6066, 3 */
    const unsigned char *name = NULL;
    size_t len = 0;
    if (!SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &name, &len))
        return true;
    return len == sizeof localhost - 1 && memcmp(name, localhost, len) == 0;
}

/* TLS 1.1 has no AEAD, and its signatures are SHA-1: both only for a client that has nothing
 * better, and only where hufu.ini allows it. */
static bool make_exception(SSL *ssl)
{
    SSL_set_security_level(ssl, 0);
    return SSL_set_cipher_list(ssl, "ECDHE+AES+SHA1") == 1;
}

static int on_client_hello(SSL *ssl, int *ret_alert, void *unused)
{
    unsigned version = offered_version(ssl);
    unsigned oldest = (unsigned)SSL_get_min_proto_version(ssl);
    bool welcome = names_us(ssl);
    (void)unused;
    hufu_handshake_begins(ssl, version, !welcome || version < oldest);
    *ret_alert = welcome ? SSL_AD_INTERNAL_ERROR : SSL_AD_UNRECOGNIZED_NAME;
    if (!welcome || (version == TLS1_1_VERSION && version >= oldest && !make_exception(ssl)))
        return SSL_CLIENT_HELLO_ERROR;
    return SSL_CLIENT_HELLO_SUCCESS;
}

/* --- which leaf --- */

enum { CURRENT, NEXT, LEAVES };

/* With the context, and released with it. */
struct leaves {
    X509 *certificates[LEAVES]; /* of the next one: NULL where there is none */
    EVP_PKEY *keys[LEAVES];
    bool has_expired; /* that is in the log */
};

static void free_leaves(void *context, void *leaves, CRYPTO_EX_DATA *data, int index, long argl,
                        void *argp)
{
    struct leaves *own = leaves;
    (void)context, (void)data, (void)index, (void)argl, (void)argp;
    for (int i = 0; own && i < LEAVES; i++) {
        X509_free(own->certificates[i]);
        EVP_PKEY_free(own->keys[i]);
    }
    free(own);
}

static int leaves_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_leaves);
    return index;
}

static bool read_leaf(const char *name, X509 **ret_certificate, EVP_PKEY **ret_key)
{
    char data[PATH_MAX];
    char folder[PATH_MAX];
    char path[PATH_MAX + sizeof ".pem"];
    char no_password[] = ""; /* without one, OpenSSL would ask on the terminal */
    if (!hufu_path_data(data) || !hufu_path_join(folder, data, "tls"))
        return false;
    snprintf(path, sizeof path, "%s/%s.pem", folder, name);
    HUFU_AUTO(BIO_free_auto) BIO *certificate_file = BIO_new_file(path, "r");
    snprintf(path, sizeof path, "%s/%s.key", folder, name);
    HUFU_AUTO(BIO_free_auto) BIO *key_file = BIO_new_file(path, "r");
    HUFU_AUTO(X509_free_auto)
    X509 *certificate =
        certificate_file ? PEM_read_bio_X509(certificate_file, NULL, NULL, NULL) : NULL;
    HUFU_AUTO(EVP_PKEY_free_auto)
    EVP_PKEY *key = key_file ? PEM_read_bio_PrivateKey(key_file, NULL, NULL, no_password) : NULL;
    if (!certificate || !key || X509_check_private_key(certificate, key) != 1)
        return false;
    *ret_certificate = HUFU_TAKE(certificate);
    *ret_key = HUFU_TAKE(key);
    return true;
}

static bool is_valid(const struct leaves *leaves, int i, time_t when)
{
    const X509 *certificate = leaves->certificates[i];
    return certificate && X509_cmp_time(X509_get0_notBefore(certificate), &when) < 0 &&
           X509_cmp_time(X509_get0_notAfter(certificate), &when) > 0;
}

/* By the clock of this moment: it jumps, and the machine may have slept over a date. With no valid
 * leaf the handshake waits for a new one; a page must not meet an expired one. */
static int choose_leaf(SSL *ssl, void *arg)
{
    struct leaves *leaves = arg;
    time_t now = time(NULL);
    if (is_valid(leaves, CURRENT, now))
        return 1;
    if (is_valid(leaves, NEXT, now))
        return SSL_use_certificate(ssl, leaves->certificates[NEXT]) == 1 &&
               SSL_use_PrivateKey(ssl, leaves->keys[NEXT]) == 1;
    if (!leaves->has_expired)
        hufu_log("no certificate is valid now: pages wait for `hufu trust install`");
    leaves->has_expired = true;
    return -1;
}

static bool load_leaves(SSL_CTX *context)
{
    struct leaves *leaves = calloc(1, sizeof *leaves);
    if (!leaves || SSL_CTX_set_ex_data(context, leaves_index(), leaves) != 1) {
        free(leaves);
        return false;
    }
    if (!read_leaf("leaf", &leaves->certificates[CURRENT], &leaves->keys[CURRENT]))
        return false;
    (void)read_leaf("next", &leaves->certificates[NEXT], &leaves->keys[NEXT]);
    SSL_CTX_set_cert_cb(context, choose_leaf, leaves);
    return SSL_CTX_use_certificate(context, leaves->certificates[CURRENT]) == 1 &&
           SSL_CTX_use_PrivateKey(context, leaves->keys[CURRENT]) == 1;
}

/* --- the context --- */

static bool configure(SSL_CTX *context, unsigned oldest)
{
    static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
    static char groups[] = "X25519:P-256:P-384"; /* OpenSSL's macro casts const away */
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    SSL_CTX_set_client_hello_cb(context, on_client_hello, NULL);
    return SSL_CTX_set1_groups_list(context, groups) == 1 &&
           SSL_CTX_set_min_proto_version(context, TLS1_VERSION + (int)oldest) == 1 &&
           SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1;
}

enum hufu_status hufu_tls_new(unsigned oldest, struct hufu_handshakes *handshakes,
                              SSL_CTX **ret_context, struct hufu_error *err)
{
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    ERR_clear_error();
    if (!context || !configure(context, oldest) || !hufu_handshakes_watch(handshakes, context) ||
        !load_leaves(context))
        return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_OPENSSL, ERR_peek_error(),
                              "TLS certificate of this user");
    *ret_context = HUFU_TAKE(context);
    return HUFU_OK;
}

bool hufu_tls_wipe_memory(void)
{
    return CRYPTO_set_mem_functions(hufu_wipe_malloc_at, hufu_wipe_realloc_at, hufu_wipe_free_at) ==
           1;
}

void hufu_tls_free(SSL_CTX *context)
{
    SSL_CTX_free(context);
}

bool hufu_tls_is_fresh(const SSL_CTX *context)
{
    const struct leaves *leaves = SSL_CTX_get_ex_data(context, leaves_index());
    time_t then = time(NULL) + HUFU_TLS_RENEW_DAYS * 24 * 3600;
    return is_valid(leaves, CURRENT, then) || is_valid(leaves, NEXT, then);
}
