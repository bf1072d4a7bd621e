/* Asking a person for a PIN, through pinentry: it grabs the keyboard, and the page never sees it.
 */
#ifndef HUFU_CARD_PIN_H
#define HUFU_CARD_PIN_H

#include "base/monitor.h"
#include "base/secret.h"
#include "card/card.h"
#include "error/error.h"

/* How long the window stays; below HUFU_DIALOG_MAX_S of the service. */
#define HUFU_PIN_WINDOW_S 120

/* The number of pinentry in the list of the monitor that starts it; it talks on stdout. */
enum { HUFU_PIN_PROGRAM = 0 };

/* All borrowed. `purpose` says what the PIN is for, in the person's language. */
struct hufu_pin_request {
    struct hufu_monitor *monitor;
    const char *origin;
    const char *purpose;
    const struct hufu_reader *reader;
    enum hufu_language language;
};

/* One window, one entry. HUFU_E_CANCELLED (also when time is up), HUFU_E_PIN_WINDOW. */
enum hufu_status hufu_pin_ask(const struct hufu_pin_request *request, struct hufu_secret **ret_pin,
                              struct hufu_error *err);

#endif
