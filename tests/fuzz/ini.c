#include "wire/ini.h"

#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static bool take_row(void *context, const char *section, const char *name, const char *value)
{
    (void)context;
    return strlen(section) + strlen(name) + strlen(value) < FUZZ_BYTES_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char path[64];
    HUFU_AUTO(hufu_close) int fd = memfd_create("ini", MFD_CLOEXEC);
    require(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hufu_ini_read(path, take_row, NULL, NULL);
    return 0;
}
