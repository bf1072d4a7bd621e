/* The configuration and the certificate in use. Both are replaced while hufud runs, each as a whole
 * or not at all: the one at SIGHUP, the other when `hufu trust watch` has made another. */
#ifndef HUFU_SERVICE_RELOAD_H
#define HUFU_SERVICE_RELOAD_H

#include "service/calls.h"
#include "service/config.h"
#include "service/connections.h"
#include "service/handshake.h"
#include "service/listen.h"
#include "service/watch.h"

/* Whom a change concerns, all borrowed, and what is in use, which is owned. */
struct hufu_reload {
    const char *data_folder;
    struct hufu_handshakes *handshakes;
    struct hufu_watch *watch;
    struct hufu_connections *connections;
    struct hufu_listeners *listeners;
    struct hufu_permits *permits;
    struct hufu_jobs *jobs;
    struct hufu_calls *calls;
    struct hufu_config *config;
};

/* Reads for a start, as hufu_config_load_rest does. Here and at a reload, mistakes are told in the
 * log and kept for `hufu doctor`. */
enum hufu_status hufu_reload_first(const char *data_folder, struct hufu_config **ret_config,
                                   struct hufu_error *err);

/* Replaces what is in use by `config`, or releases it: HUFU_E_START when every port is taken, and
 * the errors of hufu_tls_new. Waits for a certificate where there is none. */
enum hufu_status hufu_reload_use(struct hufu_reload *reload, struct hufu_config *config,
                                 struct hufu_error *err);

/* Reads everything anew and only then replaces what is in use. */
void hufu_reload_again(struct hufu_reload *reload);

/* A hufu_watch_changed; `context` is a struct hufu_reload. */
void hufu_reload_certificate(void *context);

#endif
