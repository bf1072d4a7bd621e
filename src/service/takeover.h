/* One hufud a user: the next one lets a good one be and takes the place of one that hangs. To be
 * used before the process is confined: afterwards it can neither connect nor end anybody. */
#ifndef HUFU_SERVICE_TAKEOVER_H
#define HUFU_SERVICE_TAKEOVER_H

#include <stdbool.h>
#include <stdint.h>

/* Ends a hufud of this user that has ports and does not answer there, within a second, and says so
 * in the log. Whether there is one that answers: it is named in the log, and this one has nothing
 * to do. A foreign program is never touched: only who wrote itself down as hufud is
 * (wire/running.h). */
bool hufu_takeover_is_needless(void);

/* For one that found no port free: as above, once `port` was asked. systemd may hold it for a hufud
 * that is not there yet, and two that start together meet here. */
bool hufu_takeover_is_late(uint16_t port);

#endif
