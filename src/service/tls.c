#include "service/tls.h"

#include "base/cleanup.h"
#include "base/path.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
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

static bool configure(SSL_CTX *context)
{
    static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
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

enum hufu_status hufu_tls_new(SSL_CTX **ret_context, struct hufu_error *err)
{
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    ERR_clear_error();
    if (!context || !configure(context) || !load_leaf(context))
        return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_OPENSSL, ERR_peek_error(),
                              "TLS certificate of this user");
    *ret_context = HUFU_TAKE(context);
    return HUFU_OK;
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
