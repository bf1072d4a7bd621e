/* Rows out of a damaged database of NSS, which is a file of SQLite. */
#ifndef HUFU_TRUST_SALVAGE_H
#define HUFU_TRUST_SALVAGE_H

#include "error/error.h"

#include <stdbool.h>
#include <stddef.h>

struct hufu_salvage {
    size_t saved;
    size_t lost;
    bool counted;  /* `lost` is known: the file could still say how many there were */
    bool password; /* the row with the password's check is among them: key4.db only */
};

/* Copies every row that can still be read from the file `damaged` into `target`, a database that
 * NSS made anew, with the ids that they had: signatures in key4.db name them. `sister` is the other
 * file of the two; it knows the columns when the damaged one has forgotten them. Nothing that the
 * schema of `damaged` says is run. HUFU_E_STORE. */
enum hufu_status hufu_salvage(const char *damaged, const char *sister, const char *target,
                              struct hufu_salvage *ret_salvage, struct hufu_error *err);

#endif
