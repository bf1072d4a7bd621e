/* Standard base64 with padding (RFC 4648 §4), as the page's btoa writes it. */
#ifndef HUFU_WIRE_BASE64_H
#define HUFU_WIRE_BASE64_H

#include "base/buf.h"
#include "error/error.h"

/* Appends the encoding of `data` to `ret_text`. */
void hufu_base64_encode(struct hufu_bytes data, struct hufu_buf *ret_text);

/* Appends the decoded bytes. HUFU_E_BASE64 for any other character, missing padding, bits that do
 * not belong to a byte, or more than the buffer's maximum. */
enum hufu_status hufu_base64_decode(struct hufu_bytes text, struct hufu_buf *ret_data,
                                    struct hufu_error *err);

/* The same where the text stands, for a long one. What was there is lost, also with an error. */
enum hufu_status hufu_base64_decode_in_place(struct hufu_buf *text, struct hufu_error *err);

/* The same of a text that may be broken into lines, as pages hand certificates back: CR, LF, tab
 * and space are left out. */
enum hufu_status hufu_base64_decode_lines(struct hufu_bytes text, struct hufu_buf *ret_data,
                                          struct hufu_error *err);

#endif
