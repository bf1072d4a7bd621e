#include "open/server.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/peer.h"
#include "open/state.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TICK_MS = 500,
    PING_MS = 15000, /* a connection that is gone without a word shows within this */
    LISTENER = 0,
    SIGNALS,
    FIXED_FDS,
    POLL_MAX = FIXED_FDS + HUFU_KNOWN_COUNT + HUFU_OPEN_CONNECTIONS_MAX,
};

/* --- connections --- */

static struct hufu_open_connection *free_place(struct hufu_open_server *server)
{
    struct hufu_open_connection *oldest = NULL;
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++) {
        struct hufu_open_connection *connection = &server->connections[i];
        if (connection->phase == HUFU_OPEN_FREE)
            return connection;
        if (connection->phase == HUFU_OPEN_HEAD &&
            (!oldest || connection->deadline_ms < oldest->deadline_ms))
            oldest = connection;
    }
    if (oldest)
        hufu_open_end(oldest); /* it had sent no request yet */
    return oldest;
}

static void accept_one(struct hufu_open_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    bool ours = hufu_peer_is_ours(fd);
    struct hufu_open_connection *place = ours ? free_place(server) : NULL;
    if (place) {
        hufu_open_begin(place, fd);
        return;
    }
    hufu_log("connection closed: %s", ours ? "too many connections" : "another user");
    close(fd);
}

static void serve(struct hufu_open_server *server, struct hufu_open_connection *connection,
                  short events)
{
    if (events & (POLLIN | POLLHUP | POLLERR))
        hufu_open_read(connection, &server->door);
    if (connection->phase == HUFU_OPEN_READY)
        hufu_open_handle(server, connection);
    hufu_open_write(connection);
}

/* --- the loop --- */

static void on_signals(struct hufu_open_server *server)
{
    struct signalfd_siginfo info;
    while (read(server->signals, &info, sizeof info) == (ssize_t)sizeof info)
        server->stop += info.ssi_signo != SIGCHLD;
}

static void on_browser(struct hufu_open_server *server)
{
    if (hufu_task_ended(&server->browser) && !hufu_task_succeeded(&server->browser) &&
        !server->visited)
        hufu_open_say_address(server, true);
}

static bool is_watched(const struct hufu_open_server *server)
{
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++)
        if (server->connections[i].phase == HUFU_OPEN_EVENTS)
            return true;
    return false;
}

static void on_time(struct hufu_open_server *server)
{
    int64_t now = hufu_clock_ms();
    bool ping = now >= server->ping_ms;
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++) {
        hufu_open_expire(&server->connections[i], now);
        if (ping)
            hufu_open_ping(&server->connections[i]);
    }
    if (ping)
        server->ping_ms = now + PING_MS;
    if (is_watched(server))
        server->watched_ms = now;
    else if (now - server->watched_ms >= (server->visited ? HUFU_OPEN_GONE_MS : HUFU_OPEN_FIRST_MS))
        server->stop = true;
    hufu_known_follow(&server->known, is_watched(server));
}

static void wait_once(struct hufu_open_server *server)
{
    struct pollfd fds[POLL_MAX];
    struct hufu_open_connection *of[POLL_MAX] = {NULL};
    fds[LISTENER] = (struct pollfd){.fd = server->listener, .events = POLLIN};
    fds[SIGNALS] = (struct pollfd){.fd = server->signals, .events = POLLIN};
    size_t count = FIXED_FDS + hufu_known_poll(&server->known, &fds[FIXED_FDS]);
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++) {
        struct hufu_open_connection *connection = &server->connections[i];
        if (connection->phase == HUFU_OPEN_FREE)
            continue;
        short events = hufu_open_is_writing(connection) ? POLLIN | POLLOUT : POLLIN;
        of[count] = connection;
        fds[count++] = (struct pollfd){.fd = connection->fd, .events = events};
    }
    if (poll(fds, count, TICK_MS) < 0 && errno != EINTR)
        server->stop++;
    on_signals(server);
    hufu_known_step(&server->known);
    on_browser(server);
    for (size_t i = FIXED_FDS; i < count; i++)
        if (of[i] && of[i]->phase != HUFU_OPEN_FREE)
            serve(server, of[i], fds[i].revents);
    if (fds[LISTENER].revents & POLLIN)
        accept_one(server);
    on_time(server);
}

/* --- life --- */

static void tell_all(void *context, const char *event, const char *line)
{
    struct hufu_open_server *server = context;
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++)
        hufu_open_send(&server->connections[i], event, line);
}

static enum hufu_status start(struct hufu_open_server *server, struct hufu_error *err)
{
    char hufu[PATH_MAX];
    if (!hufu_path_beside(hufu, "hufu"))
        return hufu_fail(err, HUFU_E_GENERAL, "start");
    HUFU_TRY(hufu_open_start(server, err));
    hufu_known_begin(&server->known, hufu, tell_all, server);
    server->watched_ms = hufu_clock_ms();
    hufu_open_announce(server);
    return HUFU_OK;
}

/* A change that was begun is finished, unless we are told twice. */
static bool goes_on(const struct hufu_open_server *server)
{
    return !server->stop || (server->stop == 1 && hufu_known_is_changing(&server->known));
}

/* The browser stays, whoever opened it. */
static void end(struct hufu_open_server *server)
{
    if (server->page.port)
        (void)hufu_pages_remove(&server->page);
    hufu_known_end(&server->known);
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++)
        hufu_open_end(&server->connections[i]);
    hufu_close(&server->listener);
    hufu_close(&server->signals);
    hufu_files_free(server->files);
}

enum hufu_status hufu_open_serve(const struct hufu_open_options *options, struct hufu_error *err)
{
    struct hufu_open_server *server = calloc(1, sizeof *server);
    if (!server)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "start");
    server->options = options;
    server->listener = -1;
    server->signals = -1;
    server->browser.fd = -1;
    enum hufu_status status = start(server, err);
    while (status == HUFU_OK && goes_on(server))
        wait_once(server);
    end(server);
    explicit_bzero(server, sizeof *server); /* the tokens */
    free(server);
    return status;
}
