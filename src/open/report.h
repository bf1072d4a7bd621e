/* What hufu's other commands say in JSON, on its way to the page: one line each. */
#ifndef HUFU_OPEN_REPORT_H
#define HUFU_OPEN_REPORT_H

#include "base/buf.h"

#include <stdbool.h>

/* Appends the one JSON object that `text` is, without line ends, in ASCII. false when it is none.
 */
bool hufu_report_line(struct hufu_bytes text, struct hufu_buf *ret_line);

/* The same for {"events": [...]}, with the last `count` of them. */
bool hufu_report_last(struct hufu_bytes text, size_t count, struct hufu_buf *ret_line);

/* Appends {"CODE": {"LANGUAGE": [what happened, the next step]}} of all codes. */
bool hufu_report_errors(struct hufu_buf *ret_line);

/* Whether the doctor's report has a check of this id that it can mend. */
bool hufu_report_mends(struct hufu_bytes report, const char *id);

#endif
