/* The NSS databases in which the current user's browsers keep what they trust. */
#ifndef HUFU_TRUST_STORES_H
#define HUFU_TRUST_STORES_H

#include "error/error.h"
#include "trust/answer.h"
#include "trust/store.h"

#include <limits.h>
#include <stddef.h>

/* `path` is a folder that may not exist yet. One that may not be touched is there all the same,
 * already answered with HUFU_TRUST_REFUSED: a person must see why that browser does not trust us.
 */
struct hufu_store {
    const char *kind; /* "chromium", "firefox" */
    const struct hufu_store_actions *actions;
    char path[PATH_MAX];
    struct hufu_trust_answer answer;
};

struct hufu_stores {
    struct hufu_store *items;
    size_t count;
};

/* Looks below $HOME and the XDG folders and creates nothing. HUFU_E_STORE when HOME is not set. */
enum hufu_status hufu_stores_find(struct hufu_stores *ret_stores, struct hufu_error *err);
void hufu_stores_done(struct hufu_stores *stores);

#endif
