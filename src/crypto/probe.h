/* A TLS handshake with whoever listens on a port of this computer, as a client of OpenSSL makes it
 * that asks for localhost. Its judgement stays here: the server is not told, so that its log speaks
 * of browsers only. */
#ifndef HUFU_CRYPTO_PROBE_H
#define HUFU_CRYPTO_PROBE_H

#include "crypto/sha256.h"
#include "error/error.h"

#include <stdbool.h>
#include <stdint.h>

/* For the whole handshake. hufud needs milliseconds; one that hangs holds nobody up. */
enum { HUFU_PROBE_MS = 2000 };

struct hufu_probe {
    bool answered;                 /* with a TLS handshake, in time */
    bool trusted;                  /* its certificate, for localhost, by the bundle */
    char sha256[HUFU_SHA256_SIZE]; /* of its certificate; "" when it did not answer */
    const char *verdict;           /* OpenSSL's reason in English, static; "" when it is trusted */
};

/* `bundle` is a file of certificates or a folder with hashed names, or NULL when nothing vouches.
 * HUFU_E_LEAF when the bundle cannot be read, or no memory. */
enum hufu_status hufu_probe(uint16_t port, const char *bundle, struct hufu_probe *ret_probe,
                            struct hufu_error *err);

#endif
