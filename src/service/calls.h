/* From a decoded request to its answer: the service's own functions are answered here, those of a
 * component go to the page's worker. */
#ifndef HUFU_SERVICE_CALLS_H
#define HUFU_SERVICE_CALLS_H

#include "service/consent.h"
#include "service/http.h"
#include "service/jobs.h"
#include "service/mailbox.h"
#include "service/session.h"

/* All borrowed. */
struct hufu_calls {
    const struct hufu_config *config;
    struct hufu_sessions *sessions;
    struct hufu_mailboxes *mailboxes;
    struct hufu_jobs *jobs;
    struct hufu_permits *permits;
    struct hufu_consent *consent;
};

/* A hufu_gate_permit and a hufu_http_handler; `context` is a struct hufu_calls. */
enum hufu_permit hufu_calls_permit(void *context, const char *origin);
void hufu_calls_handle(void *context, struct hufu_exchange *exchange);

#endif
