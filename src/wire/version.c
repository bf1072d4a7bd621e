#include "wire/version.h"

#include <ctype.h>
#include <stdlib.h>

enum { GROUPS = 4, GROUP_DIGITS_MAX = 5 };

enum hufu_status hufu_version_parse(const char *text, uint64_t *ret_version, struct hufu_error *err)
{
    uint64_t version = 0;
    const char *at = text;
    for (int group = 0; group < GROUPS && *text; group++) {
        char *end = NULL;
        if (!isdigit((unsigned char)*at))
            return hufu_fail(err, HUFU_E_VERSION_FORMAT, "not a version");
        unsigned long value = strtoul(at, &end, 10);
        if (end - at > GROUP_DIGITS_MAX || value > UINT16_MAX)
            return hufu_fail(err, HUFU_E_VERSION_FORMAT, "version group too large");
        if (group < GROUPS - 1 ? *end != '.' && *end != ',' : *end != 0)
            return hufu_fail(err, HUFU_E_VERSION_FORMAT, "not four groups");
        version = version << 16 | value;
        at = end + 1;
    }
    *ret_version = version;
    return HUFU_OK;
}
