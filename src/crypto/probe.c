#include "crypto/probe.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(SSL_CTX *, SSL_CTX_free)
HUFU_DEFINE_AUTO(SSL *, SSL_free)

static enum hufu_status fail(struct hufu_error *err, const char *detail)
{
    unsigned long code = ERR_peek_error();
    ERR_clear_error();
    return hufu_fail_from(err, HUFU_E_LEAF, HUFU_ORIGIN_OPENSSL, code, detail);
}

static bool load_bundle(SSL_CTX *context, const char *bundle)
{
    struct stat info;
    if (stat(bundle, &info))
        return false;
    return S_ISDIR(info.st_mode) ? SSL_CTX_load_verify_dir(context, bundle) == 1
                                 : SSL_CTX_load_verify_file(context, bundle) == 1;
}

static bool wait_for(int fd, short events, int64_t end_ms)
{
    int64_t left = end_ms - hufu_clock_ms();
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return left > 0 && TEMP_FAILURE_RETRY(poll(&poll_fd, 1, (int)left)) == 1;
}

/* A connected socket that does not block, or -1. */
static int connect_to(uint16_t port, int64_t end_ms)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int problem = 0;
    socklen_t len = sizeof problem;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ||
        (errno == EINPROGRESS && wait_for(fd, POLLOUT, end_ms) &&
         getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) == 0 && problem == 0))
        return fd;
    close(fd);
    return -1;
}

static bool shake_hands(SSL *ssl, int fd, int64_t end_ms)
{
    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(ssl);
        if (result == 1)
            return true;
        int wanted = SSL_get_error(ssl, result);
        short events = wanted == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
        if ((wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) ||
            !wait_for(fd, events, end_ms))
            return false;
    }
}

/* Whoever closes while OpenSSL writes does not end us. */
static bool shake_hands_safely(SSL *ssl, int fd, int64_t end_ms)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    if (sigaction(SIGPIPE, &ignore, &before))
        return false;
    bool done = shake_hands(ssl, fd, end_ms);
    (void)sigaction(SIGPIPE, &before, NULL);
    return done;
}

static bool fingerprint(const X509 *certificate, char ret_hex[HUFU_SHA256_SIZE])
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    bool done = len > 0 && hufu_sha256(hufu_bytes_of(der, (size_t)len), ret_hex);
    OPENSSL_free(der);
    return done;
}

/* The other end may send anything: what is not a handshake is no answer. */
static enum hufu_status judge(SSL *ssl, uint16_t port, struct hufu_probe *ret_probe,
                              struct hufu_error *err)
{
    struct hufu_probe probe = {.verdict = ""};
    int64_t end_ms = hufu_clock_ms() + HUFU_PROBE_MS;
    HUFU_AUTO(hufu_close) int fd = connect_to(port, end_ms);
    if (fd >= 0 && SSL_set_fd(ssl, fd) == 1 && shake_hands_safely(ssl, fd, end_ms)) {
        long verdict = SSL_get_verify_result(ssl);
        const X509 *certificate = SSL_get0_peer_certificate(ssl);
        if (!certificate || !fingerprint(certificate, probe.sha256))
            return fail(err, "certificate of the server");
        probe.answered = true;
        probe.trusted = verdict == X509_V_OK;
        probe.verdict = probe.trusted ? "" : X509_verify_cert_error_string(verdict);
    }
    ERR_clear_error();
    *ret_probe = probe;
    return HUFU_OK;
}

enum hufu_status hufu_probe(uint16_t port, const char *bundle, struct hufu_probe *ret_probe,
                            struct hufu_error *err)
{
    char name[] = "localhost"; /* OpenSSL's macro casts const away */
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || (bundle && !load_bundle(context, bundle)))
        return fail(err, bundle ? bundle : "TLS");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL); /* to go on, and to judge afterwards */
    HUFU_AUTO(SSL_free_auto) SSL *ssl = SSL_new(context);
    if (!ssl || SSL_set1_host(ssl, name) != 1 || SSL_set_tlsext_host_name(ssl, name) != 1)
        return fail(err, "TLS");
    return judge(ssl, port, ret_probe, err);
}
