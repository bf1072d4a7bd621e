/* malloc, realloc and free that wipe what is released, for libraries through which a PIN or a
 * signed text passes: they let go of memory without knowing what was in it. */
#ifndef HUFU_BASE_WIPE_H
#define HUFU_BASE_WIPE_H

#include <stddef.h>

/* Always moves, as realloc might leave the old bytes behind. */
void *hufu_wipe_realloc(void *block, size_t size);
void hufu_wipe_free(void *block);

/* The same in the shape that OpenSSL takes (CRYPTO_set_mem_functions). */
void *hufu_wipe_malloc_at(size_t size, const char *file, int line);
void *hufu_wipe_realloc_at(void *block, size_t size, const char *file, int line);
void hufu_wipe_free_at(void *block, const char *file, int line);

#endif
