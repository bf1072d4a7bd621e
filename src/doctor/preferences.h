/* What browsers keep about a website that wants to reach this computer (Local Network Access). The
 * files are the browsers'; what is in them may be anything. */
#ifndef HUFU_DOCTOR_PREFERENCES_H
#define HUFU_DOCTOR_PREFERENCES_H

#include "base/buf.h"

#include <stdbool.h>

enum hufu_choice {
    HUFU_CHOICE_NONE, /* the browser will ask */
    HUFU_CHOICE_ALLOWED,
    HUFU_CHOICE_DENIED,
    HUFU_CHOICE_DENIED_ALL, /* for every website that nothing else was decided for */
};

struct hufu_preferences;

/* A file in JSON: Preferences of Chromium's family, or a policy of theirs. NULL when it is not
 * there or is not JSON. Release with hufu_preferences_free. */
struct hufu_preferences *hufu_preferences_read(const char *path);
void hufu_preferences_free(struct hufu_preferences *preferences);

/* Of Preferences, and of a policy. */
enum hufu_choice hufu_preferences_choice(const struct hufu_preferences *preferences,
                                         const char *origin);
enum hufu_choice hufu_policy_choice(const struct hufu_preferences *preferences, const char *origin);

/* Of a profile of Firefox: permissions.sqlite and prefs.js in `profile`. */
enum hufu_choice hufu_firefox_choice(const char *profile, const char *origin);

#endif
