/* What became of one trust store, and why. */
#ifndef HUFU_TRUST_ANSWER_H
#define HUFU_TRUST_ANSWER_H

#include "base/buf.h"
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
    HUFU_TRUST_READ_ONLY,  /* no permission to write */
    HUFU_TRUST_FULL,       /* no room on the disk */
    HUFU_TRUST_OWNER,      /* a file of the database is another user's */
    HUFU_TRUST_HALF,       /* one of the two files is missing or empty */
    HUFU_TRUST_PROTECTED,  /* a disk that is read-only */
    HUFU_TRUST_PERMISSION, /* the user's own files, without the permission to write */
    HUFU_TRUST_IN_USE,     /* `cause` has the program's name */
    HUFU_TRUST_DAMAGED,    /* `cause` has the files' names */
    HUFU_TRUST_NOT_MENDED, /* damaged, and no new one could be made of it */
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
    char copy[PATH_MAX]; /* the folder with the files as they were before repair, or "" */
    unsigned saved;      /* entries that repair found in what is kept there ... */
    unsigned lost;       /* ... and those that it did not; there may be more if `uncounted` */
    bool uncounted;
    bool keys_lost; /* the private keys among them are lost for good */
};

/* "absent", "trusted", "added", "removed", "repaired", "refused"; "none", "passed", "failed";
 * scripts rely on them. */
const char *hufu_trust_state_name(enum hufu_trust_state state);
const char *hufu_trust_handshake_name(enum hufu_trust_handshake handshake);

/* Why; empty for HUFU_TRUST_NO_REASON, never NULL. */
const char *hufu_trust_reason_text(enum hufu_trust_reason reason, enum hufu_language language);

/* The one next step, with nothing made harmless for a terminal; nothing for HUFU_TRUST_NO_REASON.
 * `path` is that of the store, for a step that is a command. */
void hufu_trust_reason_add_step(struct hufu_buf *buf, enum hufu_trust_reason reason,
                                const char *path, enum hufu_language language);

#endif
