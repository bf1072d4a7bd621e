#include "card/progress.h"

#include "fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid);
void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid);

static struct hufu_bytes said;
static int ends[2];

/* A pinentry that has said everything already and listens to nothing. */
int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid)
{
    (void)monitor, (void)program;
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    require(said.len == 0 || write(ends[1], said.data, said.len) == (ssize_t)said.len);
    require(shutdown(ends[1], SHUT_WR) == 0);
    *ret_pid = 0;
    return ends[0];
}

void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid)
{
    (void)monitor, (void)pid;
}

/* The input is all that a pinentry says before it goes: then the person stopped the series or the
 * window is gone. Nobody can stop what was not shown: after the greeting and five answers, in a
 * window. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { SAID_MAX = 16 * 1024 };
    static const struct hufu_progress_request request = {
        .origin = "https://portal.example.tw", .until = "12:34", .documents = 5};
    said = hufu_bytes_of(data, len < SAID_MAX ? len : SAID_MAX);
    struct hufu_progress *progress = hufu_progress_open(&request);
    require(progress);
    enum hufu_progress_state state = hufu_progress_look(progress);
    require(state == HUFU_PROGRESS_STOPPED || state == HUFU_PROGRESS_GONE);
    if (state == HUFU_PROGRESS_STOPPED)
        require(memmem(said.data, said.len, "D ", 2) != NULL);
    require(hufu_progress_look(progress) == state);
    hufu_progress_close(progress);
    hufu_close(&ends[1]);
    return 0;
}
