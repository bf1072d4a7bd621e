/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef HUFU_WIRE_UTF8_H
#define HUFU_WIRE_UTF8_H

#include "base/buf.h"

enum { HUFU_UTF8_BYTES_MAX = 4 };

/* The bytes of the character at the start, 0 when there is none. */
size_t hufu_utf8_decode(struct hufu_bytes text, uint32_t *ret_code);

/* The bytes that it takes. */
size_t hufu_utf8_encode(uint32_t code, uint8_t ret_bytes[HUFU_UTF8_BYTES_MAX]);

/* Whether all of it is UTF-8 without NUL. */
bool hufu_utf8_is_text(struct hufu_bytes bytes);

#endif
