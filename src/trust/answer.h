/* What became of one trust store, and why. */
#ifndef HUFU_TRUST_ANSWER_H
#define HUFU_TRUST_ANSWER_H

#include "error/error.h"

#include <limits.h>
#include <stdbool.h>

enum hufu_trust_state {
    HUFU_TRUST_ABSENT,
    HUFU_TRUST_TRUSTED, /* it was there before */
    HUFU_TRUST_ADDED,
    HUFU_TRUST_REMOVED,
    HUFU_TRUST_REPAIRED, /* it was damaged; now it is as after HUFU_TRUST_ADDED */
    HUFU_TRUST_REFUSED,  /* `reason` says why */
    HUFU_TRUST_STATE_COUNT
};

enum hufu_trust_reason {
    HUFU_TRUST_NO_REASON,
    HUFU_TRUST_OUTSIDE,      /* neither below the browser's own folder nor below HOME */
    HUFU_TRUST_NOT_OURS,     /* a link, no folder, or another user's */
    HUFU_TRUST_BAD_LIST,     /* of profiles */
    HUFU_TRUST_TOO_MANY,     /* profiles in one folder */
    HUFU_TRUST_LEGACY,       /* cert8.db or key3.db, and no cert9.db yet */
    HUFU_TRUST_BAD_FILE,     /* of the database: `cause` has its name */
    HUFU_TRUST_PASSWORD,     /* changing it needs the primary password */
    HUFU_TRUST_UNREADABLE,   /* `cause` has the name of the library's error */
    HUFU_TRUST_UNCHANGED,    /* the same, while writing */
    HUFU_TRUST_NOT_ROOT,     /* the system's store */
    HUFU_TRUST_NO_SYSTEM,    /* a system whose store hufu does not know */
    HUFU_TRUST_NO_AUTHORITY, /* the user's could not be made, or root does not take it */
    HUFU_TRUST_NO_ANSWER,
    HUFU_TRUST_READ_ONLY, /* no permission to write */
    HUFU_TRUST_FULL,      /* no room on the disk */
};

/* What came of a handshake with the running hufud, judged by the store alone. */
enum hufu_trust_handshake {
    HUFU_TRUST_UNTRIED, /* hufud does not run, or the store was not asked */
    HUFU_TRUST_PASSED,
    HUFU_TRUST_FAILED,
};

enum { HUFU_TRUST_CAUSE_SIZE = 64 };

/* Fixed size and without pointers: it comes through a pipe from the process that looked. */
struct hufu_trust_answer {
    enum hufu_trust_state state;
    enum hufu_trust_reason reason;
    char cause[HUFU_TRUST_CAUSE_SIZE];
    enum hufu_trust_handshake handshake;
    bool restart;        /* the browser that has it open must be restarted to see it */
    char copy[PATH_MAX]; /* what was kept of a file before it was replaced, or "" */
};

/* "absent", "trusted", "added", "removed", "repaired", "refused"; "none", "passed", "failed";
 * scripts rely on them. */
const char *hufu_trust_state_name(enum hufu_trust_state state);
const char *hufu_trust_handshake_name(enum hufu_trust_handshake handshake);

/* Why, and the one next step; both empty for HUFU_TRUST_NO_REASON, never NULL. */
const char *hufu_trust_reason_text(enum hufu_trust_reason reason, enum hufu_language language);
const char *hufu_trust_reason_step(enum hufu_trust_reason reason, enum hufu_language language);

#endif
