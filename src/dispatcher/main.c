/* hufu-dispatcher: holds the ports that pages ask for everybody on a shared computer, and hands
 * each connection to the hufud of the user whose program made it, before a byte of it was read. */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/confine.h"
#include "base/log.h"
#include "base/peer.h"
#include "base/systemd.h"
#include "dispatcher/hand.h"
#include "dispatcher/privileges.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

/* Without descriptors the kernel would report the same connection again and again. */
enum { SHORT_PAUSE_MS = 100 };

/* At most one line of the log a second for what anybody can cause. */
enum { LINE_EVERY_MS = 1000 };

static void tell(uid_t uid, const char *why)
{
    static int64_t next_ms;
    static unsigned long untold;
    int64_t now = hufu_clock_ms();
    untold++;
    if (now < next_ms)
        return;
    hufu_log("connection of uid %u closed: %s (%lu since the last line)", (unsigned)uid, why,
             untold);
    next_ms = now + LINE_EVERY_MS;
    untold = 0;
}

/* Whoever closed already has no owner, and nothing to be handed on. */
static void dispatch(int listener)
{
    uid_t uid = 0;
    HUFU_AUTO(hufu_close) int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        const struct timespec pause = {.tv_nsec = SHORT_PAUSE_MS * 1000000L};
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            nanosleep(&pause, NULL);
        return;
    }
    if (!hufu_peer_owner(fd, &uid))
        return;
    const char *why = hufu_hand(fd, uid);
    if (why)
        tell(uid, why);
}

static _Noreturn void serve(int count)
{
    struct pollfd sockets[HUFU_SYSTEMD_SOCKETS_MAX];
    for (int i = 0; i < count; i++)
        sockets[i] = (struct pollfd){.fd = HUFU_SYSTEMD_FIRST_FD + i, .events = POLLIN};
    for (;;) {
        if (poll(sockets, (nfds_t)count, -1) <= 0)
            continue;
        for (int i = 0; i < count; i++)
            if (sockets[i].revents)
                dispatch(sockets[i].fd);
    }
}

/* One that blocked would wait for a client that has gone again. */
static bool make_ready(int count)
{
    for (int fd = HUFU_SYSTEMD_FIRST_FD; fd < HUFU_SYSTEMD_FIRST_FD + count; fd++)
        if (!hufu_hand_is_listener(fd))
            return false;
    return true;
}

static void usage(FILE *to)
{
    fputs("Usage: hufu-dispatcher\n"
          "       hufu-dispatcher --help | --version\n"
          "systemd starts it: hufu-dispatcher.socket\n",
          to);
}

static int run(void)
{
    struct hufu_confinement confinement;
    char text[HUFU_CONFINED_TEXT_MAX];
    int count = hufu_systemd_begin();
    closefrom(HUFU_SYSTEMD_FIRST_FD + count);
    if (count == 0 || !make_ready(count)) {
        hufu_log("no sockets: systemd hands them over, see hufu-dispatcher.socket");
        return EXIT_FAILURE;
    }
    if (!hufu_peer_open() || !hufu_privileges_drop()) {
        hufu_log("cannot start: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    hufu_confine_memory();
    hufu_confine_begin(&confinement, HUFU_CONFINE_DISPATCHER);
    hufu_confine_end(&confinement, text);
    hufu_log("ready on %d sockets", count);
    serve(count);
}

int main(int argc, char **argv)
{
    hufu_log_init("hufu-dispatcher");
    (void)signal(SIGPIPE, SIG_IGN);
    if (argc == 1)
        return run();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("hufu-dispatcher " HUFU_VERSION);
        return EXIT_SUCCESS;
    }
    bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
    usage(help ? stdout : stderr);
    return help ? EXIT_SUCCESS : EXIT_USAGE;
}
