/* Makes the user's browsers trust the user's own leaf (crypto/leaf.h), says whether they do, and
 * takes it back. */
#ifndef HUFU_TRUST_TRUST_H
#define HUFU_TRUST_TRUST_H

#include "crypto/leaf.h"
#include "trust/server.h"
#include "trust/stores.h"

#include <stdbool.h>
#include <stdint.h>

struct hufu_trust_options {
    bool dry_run; /* change nothing, and report what would come of it */
    bool system;  /* the system's store and no user's; root only */
    /* install: does nothing where there is no leaf, because a person took it back */
    bool only_kept;
};

struct hufu_trust_report {
    bool dry_run;
    bool system;                /* the only store is the system's, and there is no `leaf` */
    char certificate[PATH_MAX]; /* where it is or would be */
    bool has_leaf;              /* when not, `leaf` is empty */
    struct hufu_leaf_info leaf;
    char next_certificate[PATH_MAX]; /* where the next one is */
    bool has_next;                   /* when not, `next` is empty */
    struct hufu_leaf_info next;
    struct hufu_server server; /* status only */
    struct hufu_stores stores;
    bool ok; /* remove: no store has it; the others: every store trusts a leaf that is valid, and
             proved it where hufud runs */
};

/* A store that fails is reported in its answer and stops nothing; what fails here is what they all
 * need: HUFU_E_LEAF, HUFU_E_STORE, HUFU_E_TRUST_BUSY. Release the report with
 * hufu_trust_report_done. */
typedef enum hufu_status hufu_trust_action(const struct hufu_trust_options *options,
                                           struct hufu_trust_report *ret_report,
                                           struct hufu_error *err);

hufu_trust_action hufu_trust_status;  /* changes nothing */
hufu_trust_action hufu_trust_install; /* makes the leaf when missing or about to expire */
hufu_trust_action hufu_trust_repair;  /* the same, and mends stores that install refuses */
hufu_trust_action hufu_trust_remove;  /* all leaves from the stores, and hufu's own files */

void hufu_trust_report_done(struct hufu_trust_report *report);

#endif
