/* How OpenSSL gets its memory, in a process where a PIN or a signed text passes through it. */
#ifndef HUFU_CRYPTO_MEMORY_H
#define HUFU_CRYPTO_MEMORY_H

#include <stdbool.h>

/* Has OpenSSL wipe all that it releases, also for PKCS#11 modules that use it. First thing in a
 * process; false when OpenSSL holds memory already. */
bool hufu_crypto_wipe_memory(void);

#endif
