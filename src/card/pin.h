/* Asking a person for a PIN, through pinentry: it grabs the keyboard, and the page never sees it.
 */
#ifndef HUFU_CARD_PIN_H
#define HUFU_CARD_PIN_H

#include "base/monitor.h"
#include "base/secret.h"
#include "card/card.h"
#include "card/content.h"
#include "error/error.h"

/* How long the window stays; below HUFU_DIALOG_MAX_S of the service. */
#define HUFU_PIN_WINDOW_S 120

/* The number of pinentry in the list of the monitor that starts it; it talks on stdout. */
enum { HUFU_PIN_PROGRAM = 0 };

/* How many tries the card still takes, as far as anybody knows. */
enum hufu_pin_tries {
    HUFU_PIN_TRIES_FULL,
    HUFU_PIN_TRIES_LOW,           /* a wrong one before */
    HUFU_PIN_TRIES_PERHAPS_FINAL, /* two wrong ones, by hufu's count alone */
    HUFU_PIN_TRIES_FINAL,
};

/* All borrowed. `purpose` says what the PIN is for, in the person's language. */
struct hufu_pin_request {
    struct hufu_monitor *monitor;
    const char *origin;
    const char *purpose;
    const struct hufu_reader *reader;
    enum hufu_pin_tries tries;
    const char *words;                  /* of the website; "" for none */
    const struct hufu_content *content; /* NULL when nothing is signed */
    enum hufu_language language;
};

/* What the window says, in at most `room` bytes by hufu_content_cost where names are of usual
 * length. */
void hufu_pin_describe(const struct hufu_pin_request *request, size_t room,
                       struct hufu_buf *ret_text);

/* One window, one entry. HUFU_E_CANCELLED (also when time is up), HUFU_E_PIN_WINDOW. */
enum hufu_status hufu_pin_ask(const struct hufu_pin_request *request, struct hufu_secret **ret_pin,
                              struct hufu_error *err);

#endif
