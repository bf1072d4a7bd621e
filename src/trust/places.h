/* Where browsers keep what they trust: one row for each place, measured or found in their own
 * packaging. All of a user's places are served, never the first one that is there. */
#ifndef HUFU_TRUST_PLACES_H
#define HUFU_TRUST_PLACES_H

#include "error/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* What `path` of a row is below. */
enum hufu_place_base {
    HUFU_PLACE_HOME,
    HUFU_PLACE_CONFIG, /* XDG_CONFIG_HOME, else ~/.config */
    HUFU_PLACE_DATA,   /* XDG_DATA_HOME, else ~/.local/share */
    HUFU_PLACE_BASE_COUNT
};

enum hufu_place_layout {
    HUFU_PLACE_PROFILES,     /* a folder of profiles, each with a database of its own */
    HUFU_PLACE_OLD_DATABASE, /* Chromium's until M145: `path`/nssdb, never made anew */
    HUFU_PLACE_DATABASE, /* Chromium's since M146, which reads the row before this one instead when
                            that is there; a first start makes it */
};

struct hufu_place {
    const char *browser; /* for people, such as "Firefox" */
    const char *package; /* "", "snap" or "flatpak" */
    enum hufu_place_base base;
    enum hufu_place_layout layout;
    const char *path;
    const char *own; /* below HOME, made by the package itself: without it there is no such browser.
                        NULL for what is not of a package */
    bool mail;       /* only with `[trust] thunderbird = yes` */
};

extern const struct hufu_place hufu_places[];
extern const size_t hufu_place_count;

/* The folders that rows are below. */
struct hufu_places_bases {
    char path[HUFU_PLACE_BASE_COUNT][PATH_MAX]; /* as the environment has them */
    char real[HUFU_PLACE_BASE_COUNT]
             [PATH_MAX]; /* without links; "" for what is below HOME anyway */
};

/* HUFU_E_HOME when HOME is not set, not a folder, or another user's: what is made there would not
 * be that user's. */
enum hufu_status hufu_places_bases(struct hufu_places_bases *ret_bases, struct hufu_error *err);

/* Whether a path without links is the user's own: below HOME, or below an XDG folder that the
 * environment puts elsewhere. */
bool hufu_places_hold(const struct hufu_places_bases *bases, const char *real);

/* Names every path at which a new store shows itself, whether or not it is there: databases,
 * folders of profiles and their lists. With `mail`, those of Thunderbird too. */
typedef void hufu_places_path(void *context, const char *path);
enum hufu_status hufu_places_each(bool mail, hufu_places_path *each, void *context,
                                  struct hufu_error *err);

#endif
