/* The first check of a request to the page's server: who may ask for what. It reads the head, and
 * changes nothing. */
#ifndef HUFU_OPEN_ROUTE_H
#define HUFU_OPEN_ROUTE_H

#include "open/files.h"
#include "open/token.h"
#include "wire/head.h"

/* A body holds one short word. */
#define HUFU_OPEN_BODY_MAX 1024

enum hufu_open_action {
    HUFU_OPEN_REFUSE, /* http_status, and nothing else */
    HUFU_OPEN_FILE,   /* `file`, to whoever of this user asks: no secret is in it */
    HUFU_OPEN_STREAM, /* what is known and what changes, until the page goes */
    HUFU_OPEN_ENTER,  /* POST, {"token"}: the token of the address for a session */
    HUFU_OPEN_LOOK,   /* POST: look again */
    HUFU_OPEN_FIX,    /* POST, {"id"}: have a finding of the doctor mended */
    HUFU_OPEN_RESTART /* POST: restart hufud */
};

struct hufu_open_door {
    uint16_t port;
    struct hufu_token session; /* none before the token came */
    const struct hufu_open_files *files;
};

struct hufu_open_verdict {
    enum hufu_open_action action;
    int http_status;
    size_t body_length;                /* of a POST */
    const struct hufu_open_file *file; /* of HUFU_OPEN_FILE */
    const char *why;                   /* for the log */
};

struct hufu_open_verdict hufu_open_route(const struct hufu_open_door *door,
                                         const struct hufu_head *head);

#endif
