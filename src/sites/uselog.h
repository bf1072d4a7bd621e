/* The use log: which website did what with the card, and when. It is the person's to read
 * (`hufu log`), so it holds no content, no names, no numbers of cards and no arguments.
 *
 *   2026-11-24T14:03:05+08:00 sign https://portal.example.tw 0
 *
 * Four fields: local time, use, origin ("-" where there is none), public number of the result. */
#ifndef HUFU_SITES_USELOG_H
#define HUFU_SITES_USELOG_H

#include "error/error.h"
#include "wire/origin.h"

#include <stdbool.h>

/* Some three thousand lines; one file of that size is kept beside the one that is written. */
#define HUFU_USELOG_BYTES_MAX (256 * 1024)

enum hufu_use {
    HUFU_USE_SEE,     /* looked whether a card is there */
    HUFU_USE_READ,    /* read certificates */
    HUFU_USE_SIGN,    /* signed, or had a PIN checked */
    HUFU_USE_DECRYPT, /* decrypted */
    HUFU_USE_PIN,     /* handed over a PIN that was typed into the page */
    HUFU_USE_CONSENT, /* a person was asked: HUFU_OK or HUFU_E_DENIED */
    HUFU_USE_TLS,     /* a program could not connect */
    HUFU_USE_COUNT
};

/* "see", "read", ... as in the file. */
const char *hufu_use_name(enum hufu_use use);

/* The gravest use in a set of scopes (wire/scope.h); HUFU_USE_COUNT for an empty set. */
enum hufu_use hufu_use_of_scopes(unsigned scopes);

/* --- writing --- */

struct hufu_uselog;

/* Opens ~/.local/state/hufu/use.log, and makes it and its folder where they are missing. Where that
 * fails one line in the log says so, and each event is another try. NULL when out of memory. */
struct hufu_uselog *hufu_uselog_new(void);
void hufu_uselog_free(struct hufu_uselog *log);

/* Appends one line with the time of now. `origin` NULL for none; `log` may be NULL. */
void hufu_uselog_add(struct hufu_uselog *log, enum hufu_use use, const char *origin, int code);

/* --- reading --- */

enum { HUFU_USE_TIME_BYTES = sizeof "2026-11-24T14:03:05+08:00" };

struct hufu_use_event {
    char time[HUFU_USE_TIME_BYTES];
    enum hufu_use use;
    char origin[HUFU_ORIGIN_MAX + 1]; /* "" for none */
    int code;
};

/* false for a line that hufud would not have written. */
bool hufu_uselog_parse(const char *line, struct hufu_use_event *ret_event);

/* Calls `each` for every event that was kept, oldest first; other lines are skipped. No file is no
 * event. HUFU_E_GENERAL when a file cannot be read or is larger than hufud would write it. */
typedef void hufu_uselog_each(void *context, const struct hufu_use_event *event);
enum hufu_status hufu_uselog_read(hufu_uselog_each *each, void *context, struct hufu_error *err);

#endif
