/* The one next step, for one store and for all of them: from one table, the most urgent first. */
#ifndef HUFU_CLI_TRUST_STEP_H
#define HUFU_CLI_TRUST_STEP_H

#include "base/buf.h"
#include "error/error.h"
#include "trust/trust.h"

/* Both append nothing where there is nothing to do. `asked` as in trust_print.h. */
void hufu_trust_add_step(struct hufu_buf *buf, const struct hufu_trust_report *report,
                         const struct hufu_store *store, bool asked, enum hufu_language language);
void hufu_trust_add_next_step(struct hufu_buf *buf, const struct hufu_trust_report *report,
                              bool asked, enum hufu_language language);

#endif
