/* The first check of every request, before its body is looked at. A CORS-refused POST is still
 * sent by browsers, so it is the server that has to refuse. */
#ifndef HUFU_SERVICE_GATE_H
#define HUFU_SERVICE_GATE_H

#include "error/error.h"
#include "service/permits.h"
#include "wire/head.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A signed document travels base64 in base64: 8 MiB hold about 4.5 MiB of it. */
#define HUFU_BODY_BYTES_MAX (8 * 1024 * 1024)

/* {"after": N}, with room to spare. */
#define HUFU_EVENTS_BODY_MAX 256

/* What a request is for, by its path. */
enum hufu_target {
    HUFU_TARGET_CALLS,  /* "/": the ServiSign protocol */
    HUFU_TARGET_EVENTS, /* "/v1/events": docs/protocol/v1.md */
};

enum hufu_gate {
    HUFU_GATE_ASK,     /* read it, ask a person about the site, then decode it */
    HUFU_GATE_PASS,    /* read the body, `body_length` bytes, and decode it */
    HUFU_GATE_OPTIONS, /* 204: a CORS preflight of an allowed origin */
    HUFU_GATE_REFUSE,  /* http_status and nothing else: no body, no CORS header */
    HUFU_GATE_EXPLAIN, /* http_status with a JSON result of `reason` */
};

struct hufu_verdict {
    enum hufu_gate gate;
    enum hufu_target target; /* of HUFU_GATE_PASS and HUFU_GATE_ASK */
    int http_status;
    size_t body_length; /* of HUFU_GATE_PASS and HUFU_GATE_ASK */
    enum hufu_status reason;
    const char *why;     /* for the log */
    const char *origin;  /* of a page that is allowed or asked about; borrows from the head */
    const char *unknown; /* the well-formed origin of every other page, for the log */
};

/* What a site may do is the caller's to know (service/permits.h). */
typedef enum hufu_permit hufu_gate_permit(void *context, const char *origin);

struct hufu_verdict hufu_gate_check(hufu_gate_permit *permit, void *context,
                                    const struct hufu_head *head);

#endif
