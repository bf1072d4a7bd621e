/* Makes hufu ready for this user, or for everybody on this computer, and takes it back: a table of
 * steps, each of which can say whether it is done, do it, and undo it. */
#ifndef HUFU_SETUP_SETUP_H
#define HUFU_SETUP_SETUP_H

#include "trust/answer.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct hufu_setup_order {
    bool remove;
    bool dry_run; /* change nothing, and say what would come of it */
    bool system;  /* the steps for everybody, and none of the user's; root only */
    bool off;     /* with `remove`: also keep off what is installed for everybody */
    const char *data_folder;
};

enum hufu_setup_state {
    HUFU_SETUP_OPEN,    /* still to be done; in no report */
    HUFU_SETUP_DONE,    /* it was like that before */
    HUFU_SETUP_CHANGED, /* it is like that now */
    HUFU_SETUP_LEFT,    /* there is nothing to do here; the note says why */
    HUFU_SETUP_FAILED,
    HUFU_SETUP_STATE_COUNT
};

/* What more there is to say; `cause` goes with those that say so. */
enum hufu_setup_note {
    HUFU_SETUP_NO_NOTE,
    HUFU_SETUP_BY_UNITS,    /* systemd starts hufud */
    HUFU_SETUP_BY_DESKTOP,  /* the desktop starts it */
    HUFU_SETUP_FOR_ALL,     /* it will be started again, as it is installed for everybody */
    HUFU_SETUP_KEPT_OFF,    /* for this user alone */
    HUFU_SETUP_OWN_FILE,    /* `cause` is a file that hufu did not write */
    HUFU_SETUP_NO_PROGRAM,  /* this hufu came without it */
    HUFU_SETUP_NO_BROWSER,  /* none has been started yet */
    HUFU_SETUP_RESTART,     /* `cause` names the browsers that run and refused it before */
    HUFU_SETUP_REFUSED,     /* a store was left as it is; `cause` is its browser's name */
    HUFU_SETUP_POLICY,      /* a file was left as it is; `cause` is its browser's name */
    HUFU_SETUP_ASK_ROOT,    /* it is for an administrator to decide */
    HUFU_SETUP_NOT_ROOT,    /* asked for by somebody else */
    HUFU_SETUP_NOT_STARTED, /* `hufu restart` failed */
    HUFU_SETUP_NOT_ENDED,   /* hufud did not end in time */
    HUFU_SETUP_SYSTEMD,     /* `cause` is what systemctl said */
    HUFU_SETUP_FILE,        /* `cause` is what the system said */
    HUFU_SETUP_WITHOUT_EFFECT,
    HUFU_SETUP_NOTE_COUNT
};

struct hufu_setup_result {
    enum hufu_setup_state state;
    enum hufu_setup_note note;
    char cause[256];               /* names of some browsers, or a sentence; may hold any byte */
    enum hufu_trust_reason reason; /* of HUFU_SETUP_REFUSED, with the path of the store */
    char path[PATH_MAX];
};

typedef void hufu_setup_action(const struct hufu_setup_order *order,
                               struct hufu_setup_result *result);

struct hufu_setup_step {
    const char *id;      /* scripts rely on it */
    const char *name[2]; /* by enum hufu_language */
    bool system;         /* for everybody, not for one user */
    hufu_setup_action
        *look; /* DONE when it is as ordered, else OPEN, LEFT or FAILED; changes nothing */
    hufu_setup_action *make; /* NULL where there is only something to take back */
    hufu_setup_action *undo;
};

/* Each step that the order has, in the order in which they are done. */
enum { HUFU_SETUP_STEPS_MAX = 8 };
struct hufu_setup_report {
    size_t count;
    const struct hufu_setup_step *steps[HUFU_SETUP_STEPS_MAX];
    struct hufu_setup_result results[HUFU_SETUP_STEPS_MAX];
    bool ok; /* none failed */
};

/* A step that fails stops no other. */
void hufu_setup_run(const struct hufu_setup_order *order, struct hufu_setup_report *ret_report);

#endif
