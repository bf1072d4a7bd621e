/* A TLS handshake with the running hufud, judged by the NSS database that is open. */
#ifndef HUFU_TRUST_PROOF_H
#define HUFU_TRUST_PROOF_H

#include "trust/store.h"

/* In the process that has opened the store's database, and only there. HUFU_TRUST_PASSED when
 * hufud, asked for as localhost, shows one of the order's leaves and NSS accepts it as a server's;
 * HUFU_TRUST_UNTRIED when hufud does not run. Takes at most twice HUFU_PROOF_MS. */
enum hufu_trust_handshake hufu_proof(const struct hufu_store_order *order);

/* To connect, and for each wait in the handshake: a hufud that hangs does not hang status. */
enum { HUFU_PROOF_MS = 2000 };

#endif
