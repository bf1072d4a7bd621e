#include "service/handshake.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/peer.h"
#include "wire/running.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_UP_EVERY_MS = 1000 };

/* Every website can make a browser fail here: that must not push out of the use log what websites
 * did. */
enum { USE_EVERY_MS = 10 * 60 * 1000 };

/* And the disk need not hear of each. */
enum { NOTE_EVERY_MS = 10 * 1000 };

struct hufu_handshakes {
    struct hufu_monitor *monitor;
    struct hufu_uselog *uselog;
    int64_t spent_ms; /* a second for each look-up, at most the burst behind the clock */
    int64_t next_use_ms;
    int64_t next_note_ms[2]; /* by whether the TLS was too old */
    unsigned long untold;
    bool look_early;               /* the last handshake of a browser failed, or there was none */
    struct hufu_refusals refusals; /* as in their file */
};

/* What is known of one handshake, with its SSL object. */
struct handshake {
    unsigned version; /* 0 before a ClientHello */
    bool looked;
    bool browser;                /* offers protocols (ALPN), which `hufu trust status` does not */
    struct hufu_process process; /* pid 0 when it was not found */
};

static void free_handshake(void *ssl, void *handshake, CRYPTO_EX_DATA *data, int index, long argl,
                           void *argp)
{
    (void)ssl, (void)data, (void)index, (void)argl, (void)argp;
    free(handshake);
}

static int handshake_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, free_handshake);
    return index;
}

static struct handshake *handshake_of(SSL *ssl)
{
    struct handshake *handshake = SSL_get_ex_data(ssl, handshake_index());
    if (handshake)
        return handshake;
    handshake = calloc(1, sizeof *handshake);
    if (handshake && !SSL_set_ex_data(ssl, handshake_index(), handshake)) {
        free(handshake);
        return NULL;
    }
    return handshake;
}

static struct hufu_handshakes *handshakes_of(const SSL *ssl)
{
    return SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* --- which program --- */

static bool may_look(struct hufu_handshakes *handshakes)
{
    int64_t now = hufu_clock_ms();
    if (handshakes->spent_ms < now - (int64_t)HUFU_HANDSHAKES_BURST * LOOK_UP_EVERY_MS)
        handshakes->spent_ms = now - (int64_t)HUFU_HANDSHAKES_BURST * LOOK_UP_EVERY_MS;
    if (handshakes->spent_ms + LOOK_UP_EVERY_MS > now)
        return false;
    handshakes->spent_ms += LOOK_UP_EVERY_MS;
    return true;
}

static void look_up(struct hufu_handshakes *handshakes, SSL *ssl, struct handshake *handshake)
{
    if (handshake->looked || !may_look(handshakes))
        return;
    unsigned long inode = hufu_peer_inode(SSL_get_fd(ssl));
    handshake->looked = true;
    if (inode && !hufu_monitor_find(handshakes->monitor, inode, &handshake->process))
        handshake->process = (struct hufu_process){0};
}

void hufu_handshake_begins(SSL *ssl, unsigned version, bool refused)
{
    struct hufu_handshakes *handshakes = handshakes_of(ssl);
    struct handshake *handshake = handshake_of(ssl);
    if (!handshake)
        return;
    const unsigned char *protocols = NULL;
    size_t len = 0;
    handshake->version = version;
    handshake->browser = SSL_client_hello_get0_ext(
        ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &protocols, &len);
    /* Those of `hufu trust` and `hufu doctor`, which succeed, must not use up the look-ups. */
    if (refused || (handshakes->look_early && handshake->browser))
        look_up(handshakes, ssl, handshake);
}

/* --- what was wrong --- */

static const char *version_name(unsigned version)
{
    static const struct {
        unsigned version;
        const char *name;
    } versions[] = {{SSL2_VERSION, "SSL 2.0"},   {SSL3_VERSION, "SSL 3.0"},
                    {TLS1_VERSION, "TLS 1.0"},   {TLS1_1_VERSION, "TLS 1.1"},
                    {TLS1_2_VERSION, "TLS 1.2"}, {TLS1_3_VERSION, "TLS 1.3"}};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (versions[i].version == version)
            return versions[i].name;
    return "an unknown version";
}

static bool is_too_old(SSL *ssl, const struct handshake *handshake)
{
    return handshake->version &&
           handshake->version < (unsigned)SSL_CTX_get_min_proto_version(SSL_get_SSL_CTX(ssl));
}

static void format_program(const struct handshake *handshake, char *ret_text, size_t size)
{
    const struct hufu_process *process = &handshake->process;
    if (process->pid)
        snprintf(ret_text, size, "%s (pid %d)", process->name, (int)process->pid);
    else
        snprintf(ret_text, size, "an unknown program");
}

/* For `hufu doctor`, the latest of each kind. */
static void note(struct hufu_handshakes *handshakes, const struct hufu_process *process,
                 enum hufu_status status)
{
    int64_t now = hufu_clock_ms();
    int64_t *next_ms = &handshakes->next_note_ms[status == HUFU_E_TLS_OLD];
    struct hufu_tls_note note = {.when = time(NULL),
                                 .code = hufu_status_code(status),
                                 .pid = process->pid,
                                 .started = process->started};
    if (now < *next_ms)
        return;
    *next_ms = now + NOTE_EVERY_MS;
    memcpy(note.program, process->name, sizeof note.program);
    (void)hufu_tls_notes_add(&note); /* the log has it in any case */
}

/* In the use log, where a person can do something about it. */
static void keep(struct hufu_handshakes *handshakes, const struct hufu_process *process,
                 enum hufu_status status)
{
    int64_t now = hufu_clock_ms();
    if (status == HUFU_E_CALL)
        return;
    note(handshakes, process, status);
    if (now < handshakes->next_use_ms)
        return;
    handshakes->next_use_ms = now + USE_EVERY_MS;
    hufu_uselog_add(handshakes->uselog, HUFU_USE_TLS, NULL, hufu_status_code(status));
}

/* One line, or only a count where there are too many. */
static void tell(SSL *ssl, enum hufu_status status, const char *what, const char *happened)
{
    struct hufu_handshakes *handshakes = handshakes_of(ssl);
    struct handshake *handshake = handshake_of(ssl);
    char program[64];
    handshakes->look_early = true;
    if (handshake)
        look_up(handshakes, ssl, handshake);
    if (!handshake || !handshake->looked) {
        handshakes->untold++;
        return;
    }
    if (handshakes->untold)
        hufu_log("TLS refused: %lu more before this", handshakes->untold);
    handshakes->untold = 0;
    format_program(handshake, program, sizeof program);
    hufu_log("TLS refused (%d): %s %s by %s", hufu_status_code(status), what, happened, program);
    keep(handshakes, &handshake->process, status);
}

/* What was wrong, by OpenSSL's reason for ending the handshake. */
static void tell_reason(SSL *ssl, int reason)
{
    static const struct {
        int reason;
        const char *what, *happened;
    } reasons[] = {
        {SSL_R_CALLBACK_FAILED, "a name other than localhost", "asked for"},
        {SSL_R_NO_APPLICATION_PROTOCOL, "no http/1.1", "offered"},
        {SSL_R_NO_SHARED_CIPHER, "no cipher in common", "offered"},
        {SSL_R_NO_SUITABLE_KEY_SHARE, "no key exchange in common", "offered"},
        {SSL_R_HTTP_REQUEST, "HTTP without TLS", "sent"},
        {SSL_R_HTTPS_PROXY_REQUEST, "a proxy's request", "sent"},
        {SSL_R_WRONG_VERSION_NUMBER, "something other than TLS", "sent"},
    };
    size_t i = 0;
    while (i < sizeof reasons / sizeof reasons[0] && reasons[i].reason != reason)
        i++;
    if (i < sizeof reasons / sizeof reasons[0])
        tell(ssl, HUFU_E_CALL, reasons[i].what, reasons[i].happened);
    else
        tell(ssl, HUFU_E_CALL, "a broken handshake", "made");
}

/* A client that closes before it has begun did nothing wrong: browsers do so with connections that
 * they opened in advance. */
static void on_failure(SSL *ssl, unsigned long error)
{
    struct handshake *handshake = handshake_of(ssl);
    int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) != ERR_LIB_SSL || reason >= SSL_AD_REASON_OFFSET ||
        reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return;
    if (handshake && is_too_old(ssl, handshake))
        tell(ssl, HUFU_E_TLS_OLD, version_name(handshake->version), "offered");
    else
        tell_reason(ssl, reason);
}

/* --- who has refused our certificate, for `hufu trust status` --- */

static void write_refusals(const struct hufu_handshakes *handshakes)
{
    int problem = hufu_refusals_write(&handshakes->refusals);
    if (problem)
        hufu_log("the file of refusals cannot be written: %s", strerror(problem));
}

static bool fingerprint(SSL *ssl, char ret_hex[HUFU_REFUSED_SHA256_SIZE])
{
    const X509 *own = SSL_get_certificate(ssl);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf hex = {.max = HUFU_REFUSED_SHA256_SIZE};
    if (!own || X509_digest(own, EVP_sha256(), digest, &len) != 1)
        return false;
    hufu_buf_add_hex(&hex, digest, len);
    return snprintf(ret_hex, HUFU_REFUSED_SHA256_SIZE, "%s", hufu_buf_text(&hex)) ==
           HUFU_REFUSED_SHA256_SIZE - 1;
}

static void remember_refusal(SSL *ssl)
{
    struct hufu_handshakes *handshakes = handshakes_of(ssl);
    const struct handshake *handshake = handshake_of(ssl);
    struct hufu_refusal refusal;
    if (!handshake || !handshake->process.pid || !fingerprint(ssl, refusal.sha256))
        return;
    refusal.pid = handshake->process.pid;
    refusal.started = handshake->process.started;
    if (hufu_refusals_add(&handshakes->refusals, &refusal))
        write_refusals(handshakes);
}

/* Looks who it was only while somebody has refused. */
static void on_success(SSL *ssl)
{
    struct hufu_handshakes *handshakes = handshakes_of(ssl);
    struct handshake *handshake = handshake_of(ssl);
    if (!handshake || !handshake->browser)
        return;
    handshakes->look_early = false;
    if (handshakes->refusals.count == 0)
        return;
    look_up(handshakes, ssl, handshake);
    if (hufu_refusals_drop(&handshakes->refusals, handshake->process.pid,
                           handshake->process.started))
        write_refusals(handshakes);
}

static void on_alert(SSL *ssl, int description)
{
    static const int about_trust[] = {SSL_AD_BAD_CERTIFICATE, SSL_AD_CERTIFICATE_EXPIRED,
                                      SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA};
    for (size_t i = 0; i < sizeof about_trust / sizeof about_trust[0]; i++)
        if (about_trust[i] == description) {
            tell(ssl, HUFU_E_UNTRUSTED, "hufu's certificate", "not trusted");
            remember_refusal(ssl);
        }
}

static void on_info(const SSL *ssl, int where, int value)
{
    SSL *own = (SSL *)(uintptr_t)ssl; /* OpenSSL's callbacks may change what they are about */
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
        on_alert(own, value & 0xff);
    else if (where == SSL_CB_ACCEPT_EXIT && value == 1)
        on_success(own);
    else if (where == SSL_CB_ACCEPT_EXIT && ERR_peek_error())
        on_failure(own, ERR_peek_error());
}

/* --- life --- */

struct hufu_handshakes *hufu_handshakes_new(struct hufu_monitor *monitor,
                                            struct hufu_uselog *uselog)
{
    struct hufu_handshakes *handshakes = calloc(1, sizeof *handshakes);
    if (!handshakes)
        return NULL;
    *handshakes =
        (struct hufu_handshakes){.monitor = monitor, .uselog = uselog, .look_early = true};
    hufu_refusals_read(&handshakes->refusals); /* of browsers that still run */
    return handshakes;
}

void hufu_handshakes_free(struct hufu_handshakes *handshakes)
{
    free(handshakes);
}

bool hufu_handshakes_watch(struct hufu_handshakes *handshakes, SSL_CTX *context)
{
    SSL_CTX_set_info_callback(context, on_info);
    return handshake_index() >= 0 && SSL_CTX_set_app_data(context, handshakes) == 1;
}
