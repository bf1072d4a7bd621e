/* One run at a time changes the user's stores. */
#ifndef HUFU_TRUST_LOCK_H
#define HUFU_TRUST_LOCK_H

#include "error/error.h"

#include <stdbool.h>

/* Waits until no other run changes anything; close `ret_lock` to let the next one go on. Children
 * hold it with their parent. With `make`, hufu's folder is made where it is missing; without it,
 * nothing is, and `ret_lock` is -1 where there is none. HUFU_E_TRUST_BUSY when it takes too long.
 */
enum hufu_status hufu_trust_lock(bool make, int *ret_lock, struct hufu_error *err);

#endif
