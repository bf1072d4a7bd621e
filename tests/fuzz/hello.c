#include "crypto/leaf.h"
#include "service/handshake.h"
#include "service/tls.h"

#include "home.h"

#include <openssl/ssl.h>

enum { OLDEST = 2 }; /* TLS 1.2 */

static bool is_refused;

void __wrap_hufu_handshake_begins(SSL *ssl, unsigned version, bool refused);
bool __wrap_hufu_handshakes_watch(struct hufu_handshakes *handshakes, SSL_CTX *context);

void __wrap_hufu_handshake_begins(SSL *ssl, unsigned version, bool refused)
{
    require(ssl != NULL && version <= UINT16_MAX);
    require(refused || version > TLS1_1_VERSION);
    is_refused = refused;
}

bool __wrap_hufu_handshakes_watch(struct hufu_handshakes *handshakes, SSL_CTX *context)
{
    (void)handshakes;
    return context != NULL;
}

static SSL_CTX *make_context(void)
{
    SSL_CTX *context = NULL;
    bool made = false;
    (void)home_make();
    require(hufu_leaf_ensure(&made, NULL) == HUFU_OK);
    require(hufu_tls_new(OLDEST, NULL, &context, NULL) == HUFU_OK);
    return context;
}

/* The input is what a client sends first. Who is refused gets an alert and nothing else. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { RECORD_ALERT = 0x15 };
    static SSL_CTX *context;
    const uint8_t *answer = NULL;
    context = context ? context : make_context();
    SSL *ssl = SSL_new(context);
    BIO *said = BIO_new(BIO_s_mem());
    BIO *heard = BIO_new(BIO_s_mem());
    require(ssl && said && heard && (len == 0 || BIO_write(said, data, (int)len) == (int)len));
    SSL_set_bio(ssl, said, heard);
    is_refused = false;
    require(SSL_accept(ssl) != 1);
    long answered = BIO_get_mem_data(heard, &answer);
    require(!is_refused || answered == 0 || answer[0] == RECORD_ALERT);
    SSL_free(ssl);
    return 0;
}
