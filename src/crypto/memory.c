#include "crypto/memory.h"

#include "base/wipe.h"

#include <openssl/crypto.h>

bool hufu_crypto_wipe_memory(void)
{
    return CRYPTO_set_mem_functions(hufu_wipe_malloc_at, hufu_wipe_realloc_at, hufu_wipe_free_at) ==
           1;
}
