/* The running hufud, as `hufu trust` needs to know it, and the browsers that refused it. */
#ifndef HUFU_TRUST_SERVER_H
#define HUFU_TRUST_SERVER_H

#include "crypto/probe.h"
#include "trust/store.h"

#include <stdbool.h>
#include <stdint.h>

enum hufu_server_state {
    HUFU_SERVER_ABSENT,   /* does not run, or does not answer */
    HUFU_SERVER_STRANGE,  /* something else answers on its port, or one with an unknown certificate
                           */
    HUFU_SERVER_OUTDATED, /* hufud, with a certificate that is no longer wanted */
    HUFU_SERVER_CURRENT,
};

struct hufu_server {
    enum hufu_server_state state;
    uint16_t port;                 /* where it answers; 0 when it is absent */
    char sha256[HUFU_SHA256_SIZE]; /* of what it shows; "" when it is absent */
};

/* Asks on the ports that hufud wrote down until a hufud answers, for at most twice HUFU_PROBE_MS.
 */
void hufu_server_find(const struct hufu_store_order *order, struct hufu_server *ret_server);

/* Whether a browser that runs would still refuse the certificate `sha256` although the store in
 * `folder` trusts it: a process that has refused it, and has not taken it since, still runs and has
 * this store open. Chromium and Firefox keep such a verdict until they end, and take at once what
 * they never refused. */
bool hufu_server_is_refused(const char *sha256, const char *folder);

#endif
