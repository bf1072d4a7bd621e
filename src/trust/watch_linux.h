/* Trust as a state that is kept: what hufud has its monitor start (docs/decisions/0008). */
#ifndef HUFU_TRUST_WATCH_H
#define HUFU_TRUST_WATCH_H

#include <stdbool.h>

/* What it says on standard output, a line each: there is a certificate, another one than before
 * (also once, after the first run); or the first run found none and could make none. */
#define HUFU_WATCH_LEAF "leaf"
#define HUFU_WATCH_NONE "none"

/* Does what `hufu trust install` does, again whenever a store appears or changes and when the
 * certificate needs its successor, until nobody reads standard output any more. A certificate that
 * goes was taken back by a person: nothing is done until there is one again; `again` says that
 * there was one before. The same where hufu.ini does not want it, after one run. */
void hufu_trust_watch(bool again);

#endif
