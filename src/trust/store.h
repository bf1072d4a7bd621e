/* What can be done with one store, whatever kind it is of. Each kind has a file of its own. */
#ifndef HUFU_TRUST_STORE_H
#define HUFU_TRUST_STORE_H

#include "base/buf.h"
#include "trust/answer.h"
#include "trust/record.h"

#include <stdbool.h>
#include <stdint.h>

/* The leaf that is served, the one that comes after it, and the one that came before it. */
#define HUFU_LEAVES_MAX 3

/* What to do, for every store the same; all of it borrowed. */
struct hufu_store_order {
    struct hufu_bytes
        leaves[HUFU_LEAVES_MAX]; /* DER of those to be trusted, the served one first */
    size_t leaf_count;           /* 0 when there is none (never so for install) */
    const char *ours; /* SHA-256 (hex, one a line) of every certificate that was ever given out */
    const struct hufu_record *record; /* what hufu made for stores; `ours` is of it */
    uint16_t port;                    /* of the running hufud; 0 when there is none */
    bool interrupted;                 /* the run before was stopped half way */
    bool dry_run;                     /* change nothing, and answer with what would come of it */
};

/* Runs in a child that does nothing else, because NSS takes one database in the life of a process,
 * and because a damaged one may bring a library down. */
typedef void hufu_store_action(const struct hufu_store_order *order, const char *path,
                               struct hufu_trust_answer *ret_answer);

struct hufu_store_actions {
    hufu_store_action *status; /* ABSENT or TRUSTED, with a handshake; changes nothing */
    hufu_store_action
        *install; /* TRUSTED or ADDED: all leaves are trusted, no other of ours is there */
    hufu_store_action *repair; /* the same, or REPAIRED: what install refuses is mended first */
    hufu_store_action *remove; /* ABSENT or REMOVED: no certificate of ours is there */
};

extern const struct hufu_store_actions hufu_nss_store;

#endif
