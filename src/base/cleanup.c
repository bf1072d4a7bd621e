#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hufu_free(void *pointer_to_pointer)
{
    void *block = NULL;
    memcpy(&block, pointer_to_pointer, sizeof block);
    free(block);
}

void hufu_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
