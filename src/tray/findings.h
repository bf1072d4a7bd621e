/* What `hufu doctor --json` found, as much of it as a tray has room for. */
#ifndef HUFU_TRAY_FINDINGS_H
#define HUFU_TRAY_FINDINGS_H

#include "base/buf.h"
#include "error/error.h"

enum hufu_tray_state {
    HUFU_TRAY_READY,
    HUFU_TRAY_ATTENTION, /* it works, but something should be done */
    HUFU_TRAY_TROUBLE,   /* it does not work */
    HUFU_TRAY_STATES
};

/* A sentence or two; a menu is not wider, and what is longer ends in an ellipsis. */
enum { HUFU_SENTENCE_MAX = 320 };

/* By enum hufu_language: what is first to be done, or what is good. `step` may be empty. */
struct hufu_findings {
    enum hufu_tray_state state;
    char text[2][HUFU_SENTENCE_MAX];
    char step[2][HUFU_SENTENCE_MAX];
};

/* HUFU_E_GENERAL for what is not doctor's answer. The texts may hold what others chose, such as
 * names of programs: they are one line, without control characters. */
enum hufu_status hufu_findings_read(struct hufu_bytes answer, struct hufu_findings *ret_findings,
                                    struct hufu_error *err);

/* What is shown when doctor gave no answer that can be read. */
void hufu_findings_none(struct hufu_findings *ret_findings);

#endif
