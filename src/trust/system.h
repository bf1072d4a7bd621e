/* The system's store, which all users share and only root may write: it takes nothing but CAs, so
 * it gets the authority of the user's leaf (crypto/authority.h). */
#ifndef HUFU_TRUST_SYSTEM_H
#define HUFU_TRUST_SYSTEM_H

#include "trust/stores.h"

/* The one store of this system, refused where hufu does not know its kind or is not root. Release
 * with hufu_stores_done. HUFU_E_STORE without memory. */
enum hufu_status hufu_system_find(struct hufu_stores *ret_stores, struct hufu_error *err);

#endif
