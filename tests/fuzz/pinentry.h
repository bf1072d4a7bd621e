/* A pinentry that has said everything already and listens to nothing; for targets that are linked
 * with --wrap of what starts and ends it. */
#ifndef HUFU_FUZZ_PINENTRY_H
#define HUFU_FUZZ_PINENTRY_H

#include "fuzz.h"

#include "base/monitor.h"

#include <sys/socket.h>
#include <unistd.h>

enum { SAID_MAX = 16 * 1024 };

static struct hufu_bytes said;
static int ends[2]; /* of the latest; the second is the pinentry's */

int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid);
int __wrap_hufu_monitor_run(struct hufu_monitor *monitor, size_t program, pid_t *ret_pid)
{
    (void)monitor, (void)program;
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    require(said.len == 0 || write(ends[1], said.data, said.len) == (ssize_t)said.len);
    require(shutdown(ends[1], SHUT_WR) == 0);
    *ret_pid = 0;
    return ends[0];
}

void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid);
void __wrap_hufu_monitor_kill(struct hufu_monitor *monitor, pid_t pid)
{
    (void)monitor, (void)pid;
}

#endif
