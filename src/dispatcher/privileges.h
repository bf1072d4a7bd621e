/* What root was needed for is done by systemd; what is left is one thing: to connect to sockets in
 * folders of others. */
#ifndef HUFU_DISPATCHER_PRIVILEGES_H
#define HUFU_DISPATCHER_PRIVILEGES_H

#include <stdbool.h>

/* Becomes nobody, with CAP_DAC_OVERRIDE alone, for good. false with errno. */
bool hufu_privileges_drop(void);

#endif
