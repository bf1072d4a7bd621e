/* Asking a person whether a site may do something: one window at a time, for all sites, while
 * hufud goes on. What was answered is in permits.h afterwards. */
#ifndef HUFU_SERVICE_CONSENT_H
#define HUFU_SERVICE_CONSENT_H

#include "base/monitor.h"
#include "service/permits.h"
#include "sites/suggestions.h"
#include "sites/uselog.h"

#include <event2/event.h>

/* Long enough to read an origin letter by letter; who is not there says no. */
#define HUFU_CONSENT_WINDOW_S 120

/* A window may come up under a finger or a click that was meant for something else: an allowance
 * that comes sooner is no answer, and the window is shown again, but not for ever. */
#define HUFU_CONSENT_ARMED_MS  500
#define HUFU_CONSENT_SHOWN_MAX 3

/* The scripts of pages try three ports one after another: one no answers them all. */
#define HUFU_CONSENT_HOLD_MS 3000

/* Three refusals within a minute, whoever asked: somebody is bothered, so nobody asks for one. */
#define HUFU_CONSENT_REFUSALS_MAX 3
#define HUFU_CONSENT_PERIOD_MS    60000
#define HUFU_CONSENT_QUIET_MS     60000

struct hufu_consent;
struct hufu_consent_wait;

/* All borrowed; `suggestions` may be NULL. `monitor` starts HUFU_PROGRAM_PINENTRY. */
struct hufu_consent *hufu_consent_new(struct event_base *base, struct hufu_monitor *monitor,
                                      struct hufu_permits *permits,
                                      const struct hufu_suggestions *suggestions,
                                      struct hufu_uselog *uselog, enum hufu_language language);

/* Closes the window; who waits is told, and finds that nothing was allowed. */
void hufu_consent_free(struct hufu_consent *consent);

/* Asks for `needed` and, when the site is met for the first time, for what signing takes.
 * `answered` is called once and never before this returns: permits.h then has what the site may do.
 * NULL, without a call, when there is nothing to ask or nobody may be asked now. */
typedef void hufu_consent_answered(void *context);
struct hufu_consent_wait *hufu_consent_ask(struct hufu_consent *consent, const char *origin,
                                           unsigned needed, hufu_consent_answered *answered,
                                           void *context);

/* Whether a person has said no to this site within HUFU_CONSENT_HOLD_MS: what it still asks in this
 * visit was answered with that. A window that nobody answered, or in haste, is no such word. */
bool hufu_consent_was_refused(const struct hufu_consent *consent, const char *origin);

/* Waits no longer and is not told; the window closes when nobody waits for it. */
void hufu_consent_leave(struct hufu_consent_wait *wait);

#endif
