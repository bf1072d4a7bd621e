/* Whether NSS takes a database. */
#ifndef HUFU_TRUST_TRIAL_H
#define HUFU_TRUST_TRIAL_H

#include <stdbool.h>

/* Opens and closes the database in `folder`, in a process of its own, as NSS takes one in the life
 * of a process. With `writes`, a file that is missing is made; else nothing is changed. */
bool hufu_trial_passes(const char *folder, bool writes);

#endif
