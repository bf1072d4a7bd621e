/* What `hufu trust` says of the stores, for people and for programs. */
#ifndef HUFU_CLI_TRUST_PRINT_H
#define HUFU_CLI_TRUST_PRINT_H

#include "base/buf.h"
#include "trust/trust.h"

/* The one form of this output that scripts rely on: in English, whatever the language. */
void hufu_trust_print_json(struct hufu_buf *buf, const struct hufu_trust_report *report);

/* One line a store, in the person's language; at the end one next step. `asked` is for status:
 * whoever only asked may not know what to do about a store that does not trust us. */
void hufu_trust_print_text(struct hufu_buf *buf, const struct hufu_trust_report *report,
                           bool asked);

#endif
