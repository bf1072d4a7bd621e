/* What `hufu trust` says of the stores, for people and for programs. */
#ifndef HUFU_CLI_TRUST_PRINT_H
#define HUFU_CLI_TRUST_PRINT_H

#include "base/buf.h"
#include "error/error.h"
#include "trust/trust.h"

/* `asked` is for status: it made handshakes, and whoever only asked may not know what to do about a
 * store that does not trust us. */

/* The one form of this output that scripts rely on: in English, whatever the language. */
void hufu_trust_print_json(struct hufu_buf *buf, const struct hufu_trust_report *report,
                           bool asked);

/* One line a store, in the person's language; for status one about the certificate; at the end the
 * one next step, if there is any. */
void hufu_trust_print_text(struct hufu_buf *buf, const struct hufu_trust_report *report, bool asked,
                           enum hufu_language language);

#endif
