#include "wire/ini.h"

#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* The library cuts what is longer: nothing of that length may come out of it. */
enum { NAME_LONGEST = 48, LINE_LONGEST = 190 };

static bool take_row(void *context, const char *section, const char *name, const char *value)
{
    (void)context;
    require(strlen(section) <= NAME_LONGEST && strlen(name) <= NAME_LONGEST);
    require(strlen(value) <= LINE_LONGEST && !strchr(value, '\n'));
    return strcmp(name, "bad") != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char path[64];
    HUFU_AUTO(hufu_close) int fd = memfd_create("ini", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (hufu_ini_read(path, take_row, NULL, NULL) == HUFU_OK)
        require(!len || !memchr(data, 0, len)); /* read to its end */
    return 0;
}
