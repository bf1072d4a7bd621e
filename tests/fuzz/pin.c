#include "card/pin.h"

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

/* The input is all that the pinentry says: its greeting, and an answer to each command. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum { SAID_MAX = 16 * 1024 };
    static const struct hufu_reader reader = {.name = "reader", .card_label = "card"};
    static const struct hufu_pin_request request = {
        .origin = "https://portal.example.tw", .purpose = "sign", .reader = &reader};
    struct hufu_secret *pin = NULL;
    ends[1] = -1;
    said = hufu_bytes_of(data, len < SAID_MAX ? len : SAID_MAX);
    if (hufu_pin_ask(&request, &pin, NULL) == HUFU_OK) {
        require(pin && hufu_secret_len(pin) <= HUFU_SECRET_MAX);
        require(strlen(hufu_secret_bytes(pin)) <= hufu_secret_len(pin));
    }
    hufu_secret_free(pin);
    hufu_close(&ends[1]);
    return 0;
}
