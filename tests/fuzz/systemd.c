#include "base/systemd.h"

#include "fuzz.h"

#include <stdio.h>
#include <unistd.h>

/* The input is what LISTEN_FDS says to this process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_free) char *text = fuzz_text(data, len);
    char pid[16];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", text, 1);
    int count = hufu_systemd_begin();
    require(count >= 0 && count <= HUFU_SYSTEMD_SOCKETS_MAX && hufu_systemd_listen_fds() == count);
    require(!getenv("LISTEN_FDS") && !getenv("LISTEN_PID") && hufu_systemd_listen_fds() == 0);
    return 0;
}
