/* Ready-made policies for administrators: the sites may talk to hufu and open its windows without a
 * prompt, and Firefox takes each user's own certificate. */
#ifndef HUFU_TRUST_POLICY_H
#define HUFU_TRUST_POLICY_H

#include "error/error.h"
#include "trust/policy_json.h"
#include "trust/policy_places.h"

enum hufu_policy_state {
    HUFU_POLICY_ABSENT,
    HUFU_POLICY_PRESENT, /* it was like that before */
    HUFU_POLICY_WRITTEN,
    HUFU_POLICY_REMOVED,
    HUFU_POLICY_REFUSED, /* `reason` says why; the file is as it was */
    HUFU_POLICY_STATE_COUNT
};

enum hufu_policy_reason {
    HUFU_POLICY_NO_REASON,
    HUFU_POLICY_NOT_ALLOWED, /* root may */
    HUFU_POLICY_OUTSIDE,
    HUFU_POLICY_NOT_PLAIN,
    HUFU_POLICY_NOT_UNDERSTOOD,
    HUFU_POLICY_TOO_LONG,
    HUFU_POLICY_NO_COPY,
    HUFU_POLICY_HIDES,   /* `cause` is the file that would no longer be read */
    HUFU_POLICY_NARROWS, /* `cause` is the file that says which lists Chromium joins */
    HUFU_POLICY_FAILED,  /* `cause` is what the system said */
    HUFU_POLICY_REASON_COUNT
};

struct hufu_policy_file {
    const struct hufu_policy_place *place;
    char path[PATH_MAX];
    enum hufu_policy_state state;
    enum hufu_policy_reason reason;
    char cause[PATH_MAX];
    char copy[PATH_MAX];  /* where the administrator's file is kept as it was, or "" */
    struct hufu_buf text; /* what is in the file, or would be; empty after a removal */
};

struct hufu_policy_order {
    const char *root; /* "" for /, or a folder without a slash at its end */
    struct hufu_policy_sites sites;
    bool remove;
    bool dry_run; /* say what root would do, and do nothing */
};

struct hufu_policy_report {
    size_t count;
    struct hufu_policy_file files[HUFU_POLICY_PLACES];
    bool ok; /* none was refused */
};

/* One file that fails stops no other. Release the report with hufu_policy_report_done. The caller
 * sees to a umask that lets everybody read. */
void hufu_policy_run(const struct hufu_policy_order *order, struct hufu_policy_report *ret_report);
void hufu_policy_report_done(struct hufu_policy_report *report);

/* "absent", "present", "written", "removed", "refused"; scripts rely on them. */
const char *hufu_policy_state_name(enum hufu_policy_state state);

/* Why, and the one next step; both empty for HUFU_POLICY_NO_REASON, never NULL. Behind the step of
 * HUFU_POLICY_NOT_ALLOWED belongs the command. */
const char *hufu_policy_reason_text(enum hufu_policy_reason reason, enum hufu_language language);
const char *hufu_policy_reason_step(enum hufu_policy_reason reason, enum hufu_language language);

#endif
