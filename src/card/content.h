/* What a signature covers, or what is decrypted, in words for the person who types the PIN. It
 * comes from a page, and must never look like words of hufu's own. */
#ifndef HUFU_CARD_CONTENT_H
#define HUFU_CARD_CONTENT_H

#include "base/buf.h"
#include "error/error.h"

/* All borrowed. */
struct hufu_content {
    struct hufu_bytes bytes; /* what is signed or decrypted */
    const char *text;        /* what it was before it was put into a code page, in UTF-8; or NULL:
                                `bytes` are shown when they are text */
    bool is_hash;            /* `bytes` are the hash of something that only the page knows */
    bool is_cipher;          /* `bytes` are to be decrypted */
};

/* The bytes that a text takes in an Assuan line, where % and line breaks are escaped. */
size_t hufu_content_cost(struct hufu_bytes text);

/* Appends somebody else's text, at most `room` bytes by hufu_content_cost: line breaks become
 * U+23CE, runs of any spaces one space, the corner brackets around hufu's quotations the inner
 * ones, and characters that are invisible, reorder or overlay others U+FFFD. Lines are broken at
 * HUFU_CONTENT_COLUMNS, as pinentry breaks none, and what follows is indented by U+3000: no line
 * begins with a character of that text. */
enum { HUFU_CONTENT_COLUMNS = 72 }; /* 950 pixels of the widest letter */
struct hufu_content_shown {
    size_t characters; /* of the whole text */
    bool cut;
    bool replaced; /* at least one by U+FFFD */
};
struct hufu_content_shown hufu_content_clean(struct hufu_bytes text, size_t room,
                                             struct hufu_buf *ret_line);

/* Appends kind, size and digest, then, last and in corner brackets, as much of a text as fits into
 * `room` bytes by hufu_content_cost. A text that does not fit is cut: its digest tells it apart
 * from others that begin alike. */
void hufu_content_describe(const struct hufu_content *content, enum hufu_language language,
                           size_t room, struct hufu_buf *ret_text);

#endif
