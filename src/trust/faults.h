/* What can be wrong with the files of an NSS database, seen before NSS opens them. */
#ifndef HUFU_TRUST_FAULTS_H
#define HUFU_TRUST_FAULTS_H

#include "trust/store.h"

#include <stdbool.h>

/* Whether something is wrong with the database in `folder`; then the answer is REFUSED and says
 * what. `writes`: it is going to be changed, so that it must be possible. A database that is not
 * there yet has no fault. */
bool hufu_faults_find(const struct hufu_store_order *order, const char *folder, bool writes,
                      struct hufu_trust_answer *ret_answer);

/* Mends what can be mended, and then does what `install` does. A file that is replaced is kept, and
 * the answer says where. Its state is then REPAIRED; or REFUSED, with the copy, when the database
 * is sound now and cannot be changed all the same. */
void hufu_faults_repair(hufu_store_action *install, const struct hufu_store_order *order,
                        const char *folder, struct hufu_trust_answer *ret_answer);

#endif
