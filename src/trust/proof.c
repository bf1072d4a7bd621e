/* NSS verifies as the browsers' databases have it, and hufud is not told the verdict: what it notes
 * of refusals is about browsers. */
#include "trust/proof.h"

#include "base/cleanup.h"

#include <cert.h>
#include <nss.h>
#include <prio.h>
#include <prnetdb.h>
#include <ssl.h>
#include <string.h>

HUFU_DEFINE_AUTO(PRFileDesc *, PR_Close)
HUFU_DEFINE_AUTO(CERTCertificate *, CERT_DestroyCertificate)

struct verdict {
    const struct hufu_store_order *order;
    bool passed;
};

static bool is_leaf(const SECItem *der, const struct hufu_store_order *order)
{
    for (size_t i = 0; i < order->leaf_count; i++)
        if (order->leaves[i].len == der->len &&
            memcmp(order->leaves[i].data, der->data, der->len) == 0)
            return true;
    return false;
}

static SECStatus judge(void *context, PRFileDesc *fd, PRBool check_signature, PRBool is_server)
{
    struct verdict *verdict = context;
    HUFU_AUTO(CERT_DestroyCertificate_auto) CERTCertificate *shown = SSL_PeerCertificate(fd);
    verdict->passed =
        shown && is_leaf(&shown->derCert, verdict->order) &&
        SSL_AuthCertificate(CERT_GetDefaultCertDB(), fd, check_signature, is_server) == SECSuccess;
    return SECSuccess;
}

static bool configure(PRFileDesc *fd, struct verdict *verdict)
{
    return SSL_OptionSet(fd, SSL_NO_CACHE, PR_TRUE) == SECSuccess &&
           SSL_SetURL(fd, "localhost") == SECSuccess &&
           SSL_AuthCertificateHook(fd, judge, verdict) == SECSuccess &&
           SSL_ResetHandshake(fd, PR_FALSE) == SECSuccess;
}

/* A TLS socket over `tcp`, which it owns from then on, or NULL. */
static PRFileDesc *make_socket(void)
{
    HUFU_AUTO(PR_Close_auto) PRFileDesc *tcp = PR_NewTCPSocket();
    PRFileDesc *tls = tcp ? SSL_ImportFD(NULL, tcp) : NULL;
    if (tls)
        (void)HUFU_TAKE(tcp);
    return tls;
}

enum hufu_trust_handshake hufu_proof(const struct hufu_store_order *order)
{
    struct verdict verdict = {.order = order};
    PRIntervalTime wait = PR_MillisecondsToInterval(HUFU_PROOF_MS);
    PRNetAddr address;
    if (!order->port)
        return HUFU_TRUST_UNTRIED;
    HUFU_AUTO(PR_Close_auto)
    PRFileDesc *fd = NSS_SetDomesticPolicy() == SECSuccess ? make_socket() : NULL;
    return fd && PR_InitializeNetAddr(PR_IpAddrLoopback, order->port, &address) == PR_SUCCESS &&
                   configure(fd, &verdict) && PR_Connect(fd, &address, wait) == PR_SUCCESS &&
                   SSL_ForceHandshakeWithTimeout(fd, wait) == SECSuccess && verdict.passed
               ? HUFU_TRUST_PASSED
               : HUFU_TRUST_FAILED;
}
