/* Why hufu does not work here: a table of checks from ground to roof. Each has one finding, with
 * one cause and one remedy. Nothing is started and nothing is changed by looking. */
#ifndef HUFU_DOCTOR_DOCTOR_H
#define HUFU_DOCTOR_DOCTOR_H

#include "base/buf.h"
#include "error/error.h"

#include <stdbool.h>
#include <stddef.h>

enum hufu_check {
#define HUFU_CHECK(symbol, id, title_en, title_zh, look, needs) HUFU_CHECK_##symbol,
#include "doctor/checks.def"
#undef HUFU_CHECK
    HUFU_CHECK_COUNT
};

enum hufu_check_state {
    HUFU_STATE_OK,
    HUFU_STATE_NOTE,      /* worth knowing, nothing to do */
    HUFU_STATE_ATTENTION, /* works, but something should be done */
    HUFU_STATE_TROUBLE,   /* does not work */
    HUFU_STATE_SKIPPED,   /* could not be looked at, because of an earlier check */
    HUFU_STATE_COUNT
};

/* What `hufu doctor --fix` can do about it; none of them loses anything. */
enum hufu_fix {
    HUFU_FIX_NONE,
    HUFU_FIX_RESTART, /* hufu restart */
    HUFU_FIX_INSTALL, /* hufu trust install */
    HUFU_FIX_REPAIR,  /* hufu trust repair */
    HUFU_FIX_MODES,   /* the user's own files and folders of hufu get the modes that hufu gives them
                       */
    HUFU_FIX_RELEASE, /* gpgconf --kill scdaemon: it comes back when it is needed */
    HUFU_FIX_COUNT
};

enum hufu_finding_kind {
#define HUFU_FINDING(symbol, state, fix, status, text_en, step_en, text_zh, step_zh)               \
    HUFU_FOUND_##symbol,
#include "doctor/findings.def"
#undef HUFU_FINDING
    HUFU_FOUND_COUNT
};

/* The longest is a list of eight reader names, or a path. Longer ones are cut. */
enum { HUFU_FINDING_VALUES_MAX = 6, HUFU_FINDING_VALUE_SIZE = 512, HUFU_FINDING_TEXT_MAX = 8192 };

/* What stands in the place of {name} in a text. It may come from outside and hold any byte. */
struct hufu_finding_value {
    const char *name;                      /* static */
    char text[2][HUFU_FINDING_VALUE_SIZE]; /* by enum hufu_language */
};

struct hufu_finding {
    enum hufu_finding_kind kind;
    size_t value_count;
    struct hufu_finding_value values[HUFU_FINDING_VALUES_MAX];
};

struct hufu_diagnosis {
    struct hufu_finding findings[HUFU_CHECK_COUNT];
    enum hufu_check first; /* whose step a person does first; HUFU_CHECK_COUNT: none */
    bool ok;               /* nothing is HUFU_STATE_TROUBLE */
    int took_ms;
};

/* Looks at everything, side by side, each part in a child with a deadline. */
void hufu_doctor_run(struct hufu_diagnosis *ret_diagnosis);

const char *hufu_check_id(enum hufu_check check);
const char *hufu_check_title(enum hufu_check check, enum hufu_language language);
/* HUFU_CHECK_COUNT when there is none. */
enum hufu_check hufu_check_named(const char *id);

/* "ok", "note", "attention", "trouble", "skipped"; "restart", "install", ... and NULL for none.
 * Scripts rely on them. */
const char *hufu_check_state_name(enum hufu_check_state state);
const char *hufu_fix_name(enum hufu_fix fix);

enum hufu_check_state hufu_finding_state(const struct hufu_finding *finding);
enum hufu_fix hufu_finding_fix(const struct hufu_finding *finding);
int hufu_finding_code(const struct hufu_finding *finding); /* 0: none */

/* What is so, and the one next step (nothing when there is none): one line each, with nothing made
 * harmless for a terminal. */
void hufu_finding_add_text(struct hufu_buf *buf, const struct hufu_finding *finding,
                           enum hufu_language language);
void hufu_finding_add_step(struct hufu_buf *buf, const struct hufu_finding *finding,
                           enum hufu_language language);

/* --- mending --- */

/* What it would do, for a person who is asked. */
const char *hufu_fix_text(enum hufu_fix fix, enum hufu_language language);

/* Does it, with the programs beside this one; what they print goes to standard error. Whether that
 * worked. */
bool hufu_fix_do(enum hufu_fix fix);

#endif
