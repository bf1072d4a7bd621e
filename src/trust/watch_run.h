/* One run of `hufu trust watch`, in a process of its own: what libraries leave in memory, and what
 * a damaged file may do to them, ends with it. */
#ifndef HUFU_TRUST_WATCH_RUN_H
#define HUFU_TRUST_WATCH_RUN_H

#include "crypto/leaf.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Fixed size and without pointers: it comes through a pipe. */
struct hufu_watch_result {
    char leaves[HUFU_LEAF_SHA256_SIZE]; /* SHA-256 of all that there are together, or "" */
    time_t due;                         /* when the next run is needed; 0 after a failure */
    bool refused;                       /* by a store at least */
    uint64_t problems; /* a hash of what was refused or failed; the log has it once */
};

/* Does what hufu_trust_install does, and logs what came of it other than at the run `before`. With
 * `taken_back`, a certificate that is missing is not made. */
void hufu_watch_run(const struct hufu_watch_result *before, bool taken_back,
                    struct hufu_watch_result *ret_result);

#endif
