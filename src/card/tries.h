/* Wrong PINs by our own count, as the flags of some cards' modules lie: one small file for each
 * card below ~/.local/state/hufu/tries, one byte in it for each wrong PIN since the last right one.
 * Its name is a hash: no byte of a card becomes a path, and no number of a card is stored. */
#ifndef HUFU_CARD_TRIES_H
#define HUFU_CARD_TRIES_H

#include "card/card.h"

/* Wrong PINs since the last right one that went through hufu. */
size_t hufu_tries_wrong(const struct hufu_reader *reader);

/* Counts a PIN of a page as wrong before it is tried, so that one whose process ends meanwhile is
 * not forgotten. false when a wrong one was counted before, when another page's PIN is being tried,
 * or when it cannot be written: this PIN must not be tried then. */
bool hufu_tries_claim(const struct hufu_reader *reader);

/* Counts a wrong PIN that a person typed into a window. */
void hufu_tries_add(const struct hufu_reader *reader);

/* After a right PIN. */
void hufu_tries_forget(const struct hufu_reader *reader);

#endif
