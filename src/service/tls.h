/* The TLS side of hufud: one context for all listeners. OpenSSL in service/ is used here and in
 * http.c only. */
#ifndef HUFU_SERVICE_TLS_H
#define HUFU_SERVICE_TLS_H

#include "error/error.h"

#include <openssl/types.h>

/* A server context with the user's own leaf (~/.local/share/hufu/tls), TLS 1.2 and 1.3, AEAD and
 * ECDHE only, http/1.1 only, no tickets. Release with hufu_tls_free; connections keep theirs. */
enum hufu_status hufu_tls_new(SSL_CTX **ret_context, struct hufu_error *err);
void hufu_tls_free(SSL_CTX *context);

#endif
