#include "wire/scope.h"

#include <string.h>

static const char *const names[HUFU_SCOPE_COUNT] = {"see", "read", "sign", "decrypt", "pin"};

const char *hufu_scope_name(size_t index)
{
    return names[index];
}

unsigned hufu_scope_parse(const char *word, size_t len)
{
    for (size_t i = 0; i < HUFU_SCOPE_COUNT; i++)
        if (strlen(names[i]) == len && memcmp(names[i], word, len) == 0)
            return 1u << i;
    return len == 3 && memcmp(word, "all", len) == 0 ? HUFU_SCOPES_ALL : 0;
}
