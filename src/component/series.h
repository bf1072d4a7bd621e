/* A series: one PIN for many documents. The card stays logged in between calls, and only what
 * belongs to the series signs with that login (docs/decisions/0016-series.md). */
#ifndef HUFU_COMPONENT_SERIES_H
#define HUFU_COMPONENT_SERIES_H

#include "component/access.h"
#include "component/series_window.h"

/* From the PIN to the last document, at most: a thousand of them on a slow card. */
#define HUFU_SERIES_S (15 * 60)

/* Documents of one series: pages for offices sign hundreds. */
#define HUFU_SERIES_DOCUMENTS_MAX 1000

/* Begins one; another one that is open ends. What hufu_access_login says. */
enum hufu_status hufu_series_begin(struct hufu_page *page, const char *page_pin,
                                   struct hufu_error *err);

/* The card for one more document. HUFU_E_CANCELLED when the person stopped the series,
 * HUFU_E_STATE when none is open any more by whatever other reason, HUFU_E_REMOVED when it is
 * another card, or none. `ret_access` is to be released as any other; its login stays. */
enum hufu_status hufu_series_use(struct hufu_page *page, struct hufu_access *ret_access,
                                 struct hufu_error *err);

/* Logs out. Nothing where none is open. */
void hufu_series_end(struct hufu_page *page);

/* Shows how far the series has come (series_window.h), and ends it when its time is over, the
 * person stopped it, or another call took its login. The milliseconds until it is to be looked at
 * again, -1 when none is open. */
int hufu_series_look(struct hufu_page *page);

/* The sockets that are readable when it is to be looked at earlier. */
size_t hufu_series_sockets(const struct hufu_page *page, int ret_sockets[HUFU_SERIES_SOCKETS]);

#endif
