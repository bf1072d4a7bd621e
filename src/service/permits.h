/* What each site may do now: the table of sites, and what was agreed to for this time only. */
#ifndef HUFU_SERVICE_PERMITS_H
#define HUFU_SERVICE_PERMITS_H

#include "base/monitor.h"
#include "sites/sites.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

/* Sites that a person met in a window since hufud started. The one that was quiet longest makes
 * room: what it had for this time is asked for again. */
#define HUFU_VISITORS_MAX 256

/* A person may mistype or think again; a page that opens a fifth window within an hour without one
 * signature is after something else. */
#define HUFU_WINDOWS_FAILED_MAX 5
#define HUFU_WINDOWS_PERIOD_S   3600

/* Whoever said no three times does not want to be asked again. */
#define HUFU_REFUSALS_MAX 3

enum hufu_permit { HUFU_PERMIT_YES, HUFU_PERMIT_UNKNOWN, HUFU_PERMIT_NO };

struct hufu_permits;

/* Reads the table, and again whenever the file of answers changes. The monitor tells whose the page
 * of `hufu open` is. */
struct hufu_permits *hufu_permits_new(struct event_base *base, struct hufu_monitor *monitor);
void hufu_permits_free(struct hufu_permits *permits);
void hufu_permits_load(struct hufu_permits *permits);

/* How long what was agreed to for this time lasts after the site's last request. */
void hufu_permits_keep_for(struct hufu_permits *permits, unsigned idle_s);

/* Whether this site may talk to hufu. UNKNOWN only where a person may be asked. */
enum hufu_permit hufu_permits_see(struct hufu_permits *permits, const char *origin);

/* What the site may do and may not; what is in neither may be asked for. */
struct hufu_rights hufu_permits_of(struct hufu_permits *permits, const char *origin);
bool hufu_permits_ask(const struct hufu_permits *permits);

/* A person's answer: for good, for this time, or no. The third no in a row is kept for good. */
void hufu_permits_always(struct hufu_permits *permits, const char *origin, unsigned scopes);
void hufu_permits_once(struct hufu_permits *permits, const char *origin, unsigned scopes);
void hufu_permits_refuse(struct hufu_permits *permits, const char *origin, unsigned scopes);

/* Whether calls of this site may open a PIN window; each one counts until a call with one succeeds,
 * or until a person changes the table with `hufu sites`. */
bool hufu_permits_window(struct hufu_permits *permits, const char *origin);
void hufu_permits_window_opened(struct hufu_permits *permits, const char *origin);
void hufu_permits_window_helped(struct hufu_permits *permits, const char *origin);

#endif
