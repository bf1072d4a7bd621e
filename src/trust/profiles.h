/* The profiles of Firefox and its relatives, as their lists and their folder name them. Anything
 * may have written those: what comes out are names to be judged (trust/stores.h). */
#ifndef HUFU_TRUST_PROFILES_H
#define HUFU_TRUST_PROFILES_H

#include "trust/answer.h"
#include "trust/places.h"

/* Takes a path, below the folder of profiles or absolute. */
typedef void hufu_profile_found(void *context, const char *path);

/* Reads profiles.ini or installs.ini. A line that cannot be understood is passed over, as the
 * browsers do it. Returns why not all of the list could be read; HUFU_TRUST_NO_REASON also for one
 * that is not there. */
enum hufu_trust_reason hufu_profiles_read(const char *list, const struct hufu_places_bases *bases,
                                          hufu_profile_found *found, void *context);

/* Looks for folders in `root` that a browser has used as profiles, listed or not. Returns why not
 * all of it could be seen. */
enum hufu_trust_reason hufu_profiles_scan(const char *root, hufu_profile_found *found,
                                          void *context);

#endif
