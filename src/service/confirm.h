/* A question to a person in a window of pinentry, which is spoken to in lines (the Assuan protocol)
 * without waiting for it. */
#ifndef HUFU_SERVICE_CONFIRM_H
#define HUFU_SERVICE_CONFIRM_H

#include <event2/event.h>
#include <stdint.h>

/* Texts are without NUL; line breaks are kept, other control characters are not shown. */
struct hufu_confirm_texts {
    const char *title;
    const char *text;
    const char *yes;
    const char *maybe;
    const char *no;
};

/* Closing the window and the key Escape are NO, and so is Enter: pinentry-qt starts on that button.
 * Other pinentries start on the first button, and some have only two: there is no YES in them, so
 * that a key pressed in haste decides nothing for good. NONE: there was no window, or it broke. */
enum hufu_confirm_answer {
    HUFU_CONFIRM_YES,
    HUFU_CONFIRM_MAYBE,
    HUFU_CONFIRM_NO,
    HUFU_CONFIRM_NONE,
};

/* Called once, not before hufu_confirm_open has returned; the window is the caller's to free.
 * `waited_ms` is the time since pinentry was told to show it. */
typedef void hufu_confirm_answered(void *context, enum hufu_confirm_answer answer,
                                   int64_t waited_ms);

struct hufu_confirm;

/* Takes over `socket`, at whose other end a pinentry listens. The texts are copied. NULL when out
 * of memory. */
struct hufu_confirm *hufu_confirm_open(struct event_base *base, int socket,
                                       const struct hufu_confirm_texts *texts,
                                       hufu_confirm_answered *answered, void *context);
void hufu_confirm_free(struct hufu_confirm *confirm);

#endif
