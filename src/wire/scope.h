/* What a site may do with a card: the units in which a person agrees. */
#ifndef HUFU_WIRE_SCOPE_H
#define HUFU_WIRE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

/* Bits; a set of them is an `unsigned`. */
enum hufu_scope {
    HUFU_SCOPE_SEE = 1 << 0,     /* talk to hufu, and learn whether a card is there */
    HUFU_SCOPE_READ = 1 << 1,    /* read the card's certificates: the holder's name */
    HUFU_SCOPE_SIGN = 1 << 2,    /* sign, or have the PIN checked */
    HUFU_SCOPE_DECRYPT = 1 << 3, /* decrypt */
    HUFU_SCOPE_PIN = 1 << 4,     /* hand over a PIN that was typed into the page */
};

/* What a person is asked for at once when a site is new: each alone would be a window of its own
 * before the first signature. */
#define HUFU_SCOPES_USE (HUFU_SCOPE_SEE | HUFU_SCOPE_READ | HUFU_SCOPE_SIGN)
#define HUFU_SCOPES_ALL (HUFU_SCOPES_USE | HUFU_SCOPE_DECRYPT | HUFU_SCOPE_PIN)

/* The scopes in the order of their bits, for loops over them. */
enum { HUFU_SCOPE_COUNT = 5 };

/* "see", "read", "sign", "decrypt", "pin" for the scope of bit `index`. */
const char *hufu_scope_name(size_t index);

/* The scopes of one word: a name, or "all". 0 for anything else. */
unsigned hufu_scope_parse(const char *word, size_t len);

#endif
