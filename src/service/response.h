/* The responses that pages and others get: JSON or nothing, never anything that a browser would
 * show or run. */
#ifndef HUFU_SERVICE_RESPONSE_H
#define HUFU_SERVICE_RESPONSE_H

#include "base/buf.h"

#include <stdbool.h>

struct hufu_response {
    int http_status;
    const char *origin;     /* of a page that may read it, else NULL */
    struct hufu_bytes json; /* may be empty */
    bool preflight;         /* with what a page may send; no body, then */
    bool private_network;   /* as older Chromiums ask in a preflight */
    bool without_body;      /* to HEAD */
    bool close;             /* the last one of its connection */
};

/* What surrounds the JSON, at most. */
#define HUFU_RESPONSE_HEAD_MAX 2048

/* Head and body in one piece, so that they are one TLS record, one system call and one wake-up of
 * the browser. */
void hufu_response_put(struct hufu_buf *buf, const struct hufu_response *response);

#endif
