/* What is left to a worker before it loads a module. */
#ifndef HUFU_WORKER_CONFINEMENT_H
#define HUFU_WORKER_CONFINEMENT_H

#include "wire/settings.h"

/* Gives up the network, the right to start programs, and all files but the system's and those of
 * cards (base/confine.h). */
void hufu_worker_confine(const struct hufu_settings *settings);

#endif
