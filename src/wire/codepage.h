/* Code pages that pages name: text in UTF-8 becomes the bytes that the site's server expects. */
#ifndef HUFU_WIRE_CODEPAGE_H
#define HUFU_WIRE_CODEPAGE_H

#include "base/buf.h"
#include "error/error.h"

/* Appends `text` (UTF-8) in the code page `name`: MS950, CP950, BIG5, UTF-8 or "" (UTF-8), in any
 * case. HUFU_E_PARAMETER for another name, HUFU_E_UNICODE for a character that the code page does
 * not have: nothing is replaced, so nothing is signed that the person did not see. */
enum hufu_status hufu_codepage_encode(const char *name, const char *text, struct hufu_buf *ret_data,
                                      struct hufu_error *err);

#endif
