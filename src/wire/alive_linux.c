#include "wire/alive.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "wire/running.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>

/* A greeting that hufud takes, from a client that has no secrets. Written out, because OpenSSL is
 * not for who only wants to know whether there is an answer. */
static const uint8_t hello[] = {
    0x16, 0x03, 0x01, 0x00, 0x84, /* a record with a handshake */
    0x01, 0x00, 0x00, 0x80,       /* ClientHello */
    0x03, 0x03,                   /* TLS 1.2, see below */
    /* what should be random: 32 bytes */
    'h', 'u', 'f', 'u', ' ', 'l', 'o', 'o', 'k', 's', ' ', 'w', 'h', 'e', 't', 'h', 'e', 'r', ' ',
    'h', 'u', 'f', 'u', 'd', ' ', 'i', 's', ' ', 'h', 'e', 'r', 'e', 0x00, /* no session */
    0x00, 0x0c, 0x13, 0x01, 0x13, 0x02, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0,
    0x30,                                                       /* ciphers */
    0x01, 0x00,                                                 /* no compression */
    0x00, 0x4b,                                                 /* extensions: */
    0x00, 0x0a, 0x00, 0x06, 0x00, 0x04, 0x00, 0x1d, 0x00, 0x17, /* groups: x25519, secp256r1 */
    0x00, 0x0d, 0x00, 0x0a, 0x00, 0x08, 0x04, 0x03, 0x08, 0x04, 0x08, 0x05, 0x04,
    0x01,                                                 /* signatures: ECDSA, RSA */
    0x00, 0x2b, 0x00, 0x05, 0x04, 0x03, 0x04, 0x03, 0x03, /* versions: 1.3, 1.2 */
    0x00, 0x33, 0x00, 0x26, 0x00, 0x24, 0x00, 0x1d, 0x00,
    0x20, /* a key for x25519: its base point */
    9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

/* What a TLS server says first: its half of the handshake, or why there is none. */
static bool is_tls(const uint8_t *answer)
{
    enum { ALERT = 21, HANDSHAKE = 22, MAJOR = 3 };
    return (answer[0] == HANDSHAKE || answer[0] == ALERT) && answer[1] == MAJOR;
}

static bool wait_for(int fd, short events, int64_t end_ms)
{
    int64_t left = end_ms - hufu_clock_ms();
    struct pollfd polled = {.fd = fd, .events = events};
    return left > 0 && TEMP_FAILURE_RETRY(poll(&polled, 1, (int)left)) == 1;
}

static int connect_to(int fd, uint16_t port, int64_t end_ms)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int problem = 0;
    socklen_t len = sizeof problem;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    if (!wait_for(fd, POLLOUT, end_ms))
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) ? errno : problem;
}

/* Nobody listens, nobody says a thing, or somebody answers. */
enum answer { CLOSED, SILENCE, ANSWER };

static enum answer ask(uint16_t port, int wait_ms)
{
    uint8_t answer[2];
    int64_t end_ms = hufu_clock_ms() + wait_ms;
    HUFU_AUTO(hufu_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int problem = fd < 0 ? errno : connect_to(fd, port, end_ms);
    if (problem)
        return problem == ETIMEDOUT ? SILENCE : CLOSED;
    return send(fd, hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello &&
                   wait_for(fd, POLLIN, end_ms) &&
                   recv(fd, answer, sizeof answer, 0) == (ssize_t)sizeof answer && is_tls(answer)
               ? ANSWER
               : SILENCE;
}

bool hufu_port_answers(uint16_t port, int wait_ms)
{
    return ask(port, wait_ms) == ANSWER;
}

/* One loop serves all ports. */
enum hufu_alive hufu_alive_find(struct hufu_process *ret_process)
{
    struct hufu_ports ports;
    enum answer answer = CLOSED;
    if (!hufu_running_read(ret_process))
        return HUFU_ALIVE_NONE;
    hufu_ports_read(&ports);
    for (int attempt = 0; ports.count && attempt < HUFU_ALIVE_ATTEMPTS && answer != ANSWER;
         attempt++)
        answer = ask(ports.items[0], HUFU_ALIVE_MS);
    return answer == ANSWER    ? HUFU_ALIVE_ANSWERS
           : answer == SILENCE ? HUFU_ALIVE_SILENT
                               : HUFU_ALIVE_STARTS;
}
