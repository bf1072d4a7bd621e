/* All parts of hufud together, from the first port to the end. */
#ifndef HUFU_SERVICE_SERVICE_H
#define HUFU_SERVICE_SERVICE_H

#include <stdint.h>

/* Serves until a signal ends it; says WATCHDOG=1 each `watchdog_us`, unless that is 0. Returns the
 * exit status. */
int hufu_service_run(const char *data_folder, int64_t watchdog_us);

#endif
