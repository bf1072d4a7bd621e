/* The NSS databases in which the current user's browsers keep what they trust. */
#ifndef HUFU_TRUST_STORES_H
#define HUFU_TRUST_STORES_H

#include "error/error.h"
#include "trust/answer.h"
#include "trust/store.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* `path` is a folder that may not exist yet. One that may not be touched is there all the same,
 * already answered with HUFU_TRUST_REFUSED: a person must see why that browser does not trust us.
 */
struct hufu_store {
    const char *kind;    /* "chromium", "firefox", "system" */
    const char *browser; /* for people, such as "LibreWolf"; "System" for the system's */
    const char *package; /* "", "snap", "flatpak" */
    const struct hufu_store_actions *actions;
    char path[PATH_MAX];
    dev_t device; /* with `inode`, which folder it is by whatever name; 0: none, or none of ours */
    ino_t inode;
    struct hufu_trust_answer answer;
};

struct hufu_stores {
    struct hufu_store *items;
    size_t count;
    size_t size; /* of `items` */
};

/* Looks at every place (trust/places.h), opens no database and creates nothing. HUFU_E_HOME when
 * HOME is of no use, HUFU_E_GENERAL for a hufu.ini that cannot be understood. */
enum hufu_status hufu_stores_find(struct hufu_stores *ret_stores, struct hufu_error *err);
void hufu_stores_done(struct hufu_stores *stores);

#endif
