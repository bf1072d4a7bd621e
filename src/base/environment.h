/* What a process of hufu and all that it starts may hear from their environment. */
#ifndef HUFU_BASE_ENVIRONMENT_H
#define HUFU_BASE_ENVIRONMENT_H

#include <stdbool.h>

/* Removes from this process' environment all that a PKCS#11 module and a window do not need, such
 * as LD_* and the paths of modules, and sets PATH to the system's folders. false without memory. */
bool hufu_environment_clean(void);

#endif
