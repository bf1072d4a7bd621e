/* A new database in the place of a damaged one. */
#ifndef HUFU_TRUST_MEND_H
#define HUFU_TRUST_MEND_H

#include "trust/answer.h"

#include <stdbool.h>

#define HUFU_DATABASE_FILES 2

/* "cert9.db", "key4.db" */
extern const char *const hufu_database_files[HUFU_DATABASE_FILES];

/* Replaces the files in `folder` that are `damaged`, by ones with every row that can still be read.
 * First both are complete beside them, and opened by NSS; then the damaged ones are kept in a
 * folder of their own, `copy` of the answer, and replaced in one step each. False when that failed,
 * the files being as they were: `cause` says why. */
bool hufu_mend(const char *folder, const bool damaged[HUFU_DATABASE_FILES],
               struct hufu_trust_answer *answer);

/* Removes what a repair that was killed left in `folder`, except the files it kept. */
void hufu_mend_tidy(const char *folder);

#endif
