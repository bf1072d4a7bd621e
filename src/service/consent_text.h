/* What the window of consent.h says. No byte of it comes from a page but the site's origin. */
#ifndef HUFU_SERVICE_CONSENT_TEXT_H
#define HUFU_SERVICE_CONSENT_TEXT_H

#include "base/buf.h"
#include "error/error.h"
#include "service/confirm.h"

/* Fits one line of the Assuan protocol with its escapes. */
#define HUFU_CONSENT_TEXT_MAX 950

/* `name` is whose site it is, or NULL when hufu does not know. */
void hufu_consent_text(const char *origin, unsigned scopes, const char *name,
                       enum hufu_language language, struct hufu_buf *ret_text);

/* The texts of the window, `text` (borrowed) among them. */
void hufu_consent_buttons(enum hufu_language language, const struct hufu_buf *text,
                          struct hufu_confirm_texts *ret_texts);

#endif
