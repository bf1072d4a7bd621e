/* Where browsers look for the policies of an administrator. */
#ifndef HUFU_TRUST_POLICY_PLACES_H
#define HUFU_TRUST_POLICY_PLACES_H

#include <limits.h>
#include <stdbool.h>

enum hufu_policy_format {
    HUFU_POLICY_CHROMIUM, /* a folder of files, one of which is hufu's */
    HUFU_POLICY_FIREFOX,  /* one file, which is the administrator's */
};

struct hufu_policy_place {
    const char *browser;
    const char *package; /* "", "snap", "flatpak" */
    enum hufu_policy_format format;
    const char *folder; /* %s is the machine, as flatpak names it */
    const char *needs;  /* left out where this is missing; NULL: never left out */
};

enum { HUFU_POLICY_PLACES = 9 };
extern const struct hufu_policy_place hufu_policy_places[HUFU_POLICY_PLACES];

/* Whether the place is there below `root` ("" for /), and the path of the file in it. */
bool hufu_policy_place_file(const struct hufu_policy_place *place, const char *root,
                            char ret_path[PATH_MAX]);

/* The first of the files, below `root`, that Firefox stops reading when the one in /etc comes into
 * being; false when there is none. */
bool hufu_policy_hidden(const char *root, char ret_path[PATH_MAX]);

/* Whether `path`, or the part of it that is there, stays below `root`: an image may have links. */
bool hufu_policy_inside(const char *path, const char *root);

#endif
