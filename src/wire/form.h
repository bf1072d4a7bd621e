/* application/x-www-form-urlencoded as encodeURIComponent writes it: '+' is a plus, never a space
 * (docs/protocol/servisign.md, request). */
#ifndef HUFU_WIRE_FORM_H
#define HUFU_WIRE_FORM_H

#include "base/buf.h"
#include "error/error.h"

/* The raw value of the one field `name` of `body`, still percent-encoded; borrows from `body`.
 * HUFU_E_REQUEST when the field is missing or there twice. */
enum hufu_status hufu_form_field(struct hufu_bytes body, const char *name,
                                 struct hufu_bytes *ret_value, struct hufu_error *err);

/* Appends the percent-decoded bytes. HUFU_E_REQUEST for a broken escape or a value too long. */
enum hufu_status hufu_percent_decode(struct hufu_bytes text, struct hufu_buf *ret_data,
                                     struct hufu_error *err);

#endif
