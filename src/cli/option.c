#include "cli/option.h"

#include <string.h>

static const struct hufu_option *find(const struct hufu_option *options, size_t count,
                                      const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

bool hufu_option_take(const struct hufu_option *options, size_t count, void *request, int argc,
                      char **argv, int *at)
{
    const struct hufu_option *option = find(options, count, argv[*at]);
    if (!option || (option->has_value && *at + 1 == argc))
        return false;
    void *member = (char *)request + option->offset;
    if (option->has_value)
        *(const char **)member = argv[++*at];
    else
        *(bool *)member = true;
    return true;
}
