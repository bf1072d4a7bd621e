/* TLS handshakes that fail are remembered: what was wrong, and which of the user's programs it was.
 * Without that a browser that is too old, or does not trust hufu, looks like a hufu that is not
 * there. Who refused the certificate, and has not taken it since, stands in the file of refusals
 * (wire/running.h). */
#ifndef HUFU_SERVICE_HANDSHAKE_H
#define HUFU_SERVICE_HANDSHAKE_H

#include "base/monitor.h"
#include "sites/uselog.h"

#include <openssl/types.h>
#include <stdbool.h>

/* To find a program means to read through /proc. A page tries three ports some times each; beyond
 * this burst one failure a second is looked at, and the others are only counted. */
#define HUFU_HANDSHAKES_BURST 10

struct hufu_handshakes;

/* Borrows both; they, and what this returns, outlive every connection. NULL when out of memory. */
struct hufu_handshakes *hufu_handshakes_new(struct hufu_monitor *monitor,
                                            struct hufu_uselog *uselog);
void hufu_handshakes_free(struct hufu_handshakes *handshakes);

/* From now on this context's failed handshakes are noticed, by its info callback. */
bool hufu_handshakes_watch(struct hufu_handshakes *handshakes, SSL_CTX *context);

/* A ClientHello arrived that offers at most `version` (0x0301 is TLS 1.0). A program that is about
 * to be refused is looked for at once: it closes its socket as soon as it knows. */
void hufu_handshake_begins(SSL *ssl, unsigned version, bool refused);

#endif
