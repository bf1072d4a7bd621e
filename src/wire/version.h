/* Versions of the ServiSign world: four groups, as in 1.0.22.0517. */
#ifndef HUFU_WIRE_VERSION_H
#define HUFU_WIRE_VERSION_H

#include "error/error.h"

#include <stdint.h>

/* The four groups packed so that a larger number is a later version; "" is 0, which means "do not
 * check". Groups are separated by dots or commas and are below 65536.
 * HUFU_E_VERSION_FORMAT for anything else. */
enum hufu_status hufu_version_parse(const char *text, uint64_t *ret_version,
                                    struct hufu_error *err);

#endif
