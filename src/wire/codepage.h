/* Code pages that pages name: text in UTF-8 becomes the bytes that the site's server expects, and
 * back. */
#ifndef HUFU_WIRE_CODEPAGE_H
#define HUFU_WIRE_CODEPAGE_H

#include "base/buf.h"
#include "error/error.h"

/* The longest name in the table. */
enum { HUFU_CODEPAGE_NAME_MAX = 5 };

/* The table's own spelling of a name, in any case: MS950, CP950, 950, BIG5, UTF-8, UTF8, 65001 or
 * "" (UTF-8). NULL for another. */
const char *hufu_codepage_find(const char *name);

/* Appends `text` (UTF-8) in the code page `name`. HUFU_E_PARAMETER for another name, HUFU_E_UNICODE
 * for a character that the code page does not have: nothing is replaced, so nothing is signed that
 * the person did not see. */
enum hufu_status hufu_codepage_encode(const char *name, const char *text, struct hufu_buf *ret_data,
                                      struct hufu_error *err);

/* Appends what `bytes` are in the code page `name`, in UTF-8. HUFU_E_PARAMETER for another name,
 * HUFU_E_UNICODE for bytes that the code page does not have, and for a NUL. */
enum hufu_status hufu_codepage_decode(const char *name, struct hufu_bytes bytes,
                                      struct hufu_buf *ret_text, struct hufu_error *err);

#endif
