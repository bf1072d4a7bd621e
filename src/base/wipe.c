#include "base/wipe.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void hufu_wipe_free(void *block)
{
    if (block)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

void *hufu_wipe_realloc(void *block, size_t size)
{
    size_t old = block ? malloc_usable_size(block) : 0;
    void *moved = size || !block ? malloc(size) : NULL;
    if (moved && block)
        memcpy(moved, block, old < size ? old : size);
    if (moved || !size)
        hufu_wipe_free(block);
    return moved;
}

void *hufu_wipe_malloc_at(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

void *hufu_wipe_realloc_at(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return hufu_wipe_realloc(block, size);
}

void hufu_wipe_free_at(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    hufu_wipe_free(block);
}
