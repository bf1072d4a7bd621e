#include "service/tls.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/wipe.h"
#include "service/handshake.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

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

static bool load_leaf(SSL_CTX *context)
{
    char data[PATH_MAX];
    char leaf[PATH_MAX];
    char key[PATH_MAX];
    return hufu_path_data(data) && hufu_path_join(leaf, data, "tls/leaf.pem") &&
           hufu_path_join(key, data, "tls/leaf.key") &&
           SSL_CTX_use_certificate_file(context, leaf, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_check_private_key(context) == 1;
}

enum hufu_status hufu_tls_new(unsigned oldest, struct hufu_handshakes *handshakes,
                              SSL_CTX **ret_context, struct hufu_error *err)
{
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    ERR_clear_error();
    if (!context || !configure(context, oldest) || !hufu_handshakes_watch(handshakes, context) ||
        !load_leaf(context))
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
    time_t then = time(NULL) + HUFU_TLS_RENEW_DAYS * 24 * 3600;
    return X509_cmp_time(X509_get0_notAfter(SSL_CTX_get0_certificate(context)), &then) > 0;
}
