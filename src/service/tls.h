/* The TLS side of hufud: one context for all listeners. OpenSSL in service/ is used here, in
 * handshake.c, connection.c and connections.c only. */
#ifndef HUFU_SERVICE_TLS_H
#define HUFU_SERVICE_TLS_H

#include "error/error.h"

#include <openssl/types.h>
#include <stdbool.h>

struct hufu_handshakes;

/* A server context with the user's own leaf (~/.local/share/hufu/tls) and, where there is one, the
 * next: each handshake gets the first that is valid by the clock, or waits when none is.
 * TLS 1.`oldest` to 1.3, AEAD and ECDHE only, http/1.1 only, no tickets, no resumption, no
 * renegotiation. Failed handshakes go to `handshakes`. Release with hufu_tls_free; connections keep
 * theirs. */
enum hufu_status hufu_tls_new(unsigned oldest, struct hufu_handshakes *handshakes,
                              SSL_CTX **ret_context, struct hufu_error *err);

/* Has OpenSSL wipe all that it releases: a PIN may be in it. First thing in a process; false when
 * OpenSSL holds memory already. */
bool hufu_tls_wipe_memory(void);

void hufu_tls_free(SSL_CTX *context);

/* Whether it has a leaf for HUFU_TLS_RENEW_DAYS from now; else it is time for `hufu trust
 * install`. */
#define HUFU_TLS_RENEW_DAYS 30
bool hufu_tls_is_fresh(const SSL_CTX *context);

#endif
