#include "open/server.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "base/peer.h"
#include "base/process.h"
#include "open/connection.h"
#include "open/known.h"
#include "open/report.h"
#include "wire/json.h"
#include "wire/running.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_json *, hufu_json_free)

enum {
    TICK_MS = 500,
    PING_MS = 15000, /* a connection that is gone without a word shows within this */
    BACKLOG = 16,
    LISTENER = 0,
    SIGNALS,
    FIXED_FDS,
    POLL_MAX = FIXED_FDS + HUFU_KNOWN_COUNT + HUFU_OPEN_CONNECTIONS_MAX,
    ADDRESS_SIZE = sizeof "http://127.0.0.1:65535/#" + HUFU_TOKEN_SIZE,
};

struct server {
    const struct hufu_open_options *options;
    struct hufu_open_files *files;
    struct hufu_open_door door;
    struct hufu_token entry; /* none once it was used */
    struct hufu_page page;
    int listener;
    int signals;
    struct hufu_known known;
    struct hufu_task browser;
    struct hufu_open_connection connections[HUFU_OPEN_CONNECTIONS_MAX];
    int64_t watched_ms; /* when somebody looked last, or the start */
    int64_t ping_ms;
    bool visited;
    unsigned stop; /* how often it was told to */
};

static enum hufu_status fail(const char *what, struct hufu_error *err)
{
    return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO, (unsigned long)errno, what);
}

/* --- start --- */

static enum hufu_status listen_somewhere(struct server *server, struct hufu_error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listener < 0 || bind(server->listener, (struct sockaddr *)&address, len) ||
        listen(server->listener, BACKLOG) ||
        getsockname(server->listener, (struct sockaddr *)&address, &len))
        return fail("listen", err);
    server->door.port = ntohs(address.sin_port);
    return HUFU_OK;
}

static enum hufu_status catch_signals(struct server *server, struct hufu_error *err)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++)
        sigaddset(&set, caught[i]);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL))
        return fail("signals", err);
    server->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return server->signals < 0 ? fail("signals", err) : HUFU_OK;
}

static enum hufu_status load(struct server *server, struct hufu_error *err)
{
    HUFU_TRY(hufu_files_load(server->options->pages, &server->files, err));
    struct hufu_buf errors = {.max = HUFU_FILE_BYTES_MAX};
    bool added = hufu_report_errors(&errors) &&
                 hufu_files_add(server->files, "/errors.json", "application/json", &errors);
    hufu_buf_done(&errors);
    server->door.files = server->files;
    return added ? HUFU_OK : hufu_fail(err, HUFU_E_SERVICE_MEMORY, "errors");
}

/* Lets hufud know which origin the page has. Without it the test signature asks a person first. */
static void tell_hufud(struct server *server)
{
    struct hufu_process self;
    if (!hufu_process_look(getpid(), &self))
        return;
    server->page =
        (struct hufu_page){.port = server->door.port, .pid = self.pid, .started = self.started};
    int problem = hufu_pages_add(&server->page);
    if (problem)
        hufu_log("the file of pages cannot be written: %s", strerror(problem));
}

/* The token is in the part of the address that browsers keep to themselves. Others of this computer
 * may see it among the arguments of a program: it is good once, and for this user only. */
static void write_address(const struct server *server, char ret_address[ADDRESS_SIZE])
{
    snprintf(ret_address, ADDRESS_SIZE, "http://127.0.0.1:%u/#%s", (unsigned)server->door.port,
             server->entry.text);
}

static void open_browser(struct server *server)
{
    char address[ADDRESS_SIZE];
    const char *const arguments[] = {"xdg-open", address, NULL};
    write_address(server, address);
    if (server->options->print)
        server->options->say(address, false);
    else if (hufu_task_start(&server->browser, HUFU_OPEN_BROWSER, arguments, 0, 0))
        server->options->say(address, true);
}

/* --- the page --- */

static void tell_one(void *context, const char *event, const char *line)
{
    hufu_open_send(context, event, line);
}

static void tell_all(void *context, const char *event, const char *line)
{
    struct server *server = context;
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++)
        hufu_open_send(&server->connections[i], event, line);
}

static void reply(struct hufu_open_connection *connection, int http_status)
{
    hufu_open_reply(connection, http_status, NULL, NULL, hufu_bytes_of("", 0));
}

/* The text of the one member `name` of the body, or NULL. */
static const char *member(const struct hufu_json *json, const char *name)
{
    const struct hufu_json_member *found = json ? hufu_json_find(json, name) : NULL;
    return found && found->type == HUFU_JSON_TEXT && hufu_json_count(json) == 1 ? found->text
                                                                                : NULL;
}

/* --- requests --- */

static void serve_file(struct server *server, struct hufu_open_connection *connection,
                       const struct hufu_json *body)
{
    const struct hufu_open_file *file = connection->verdict.file;
    (void)server;
    (void)body;
    hufu_open_reply(connection, 200, file->type, NULL, hufu_buf_bytes(&file->content));
}

static void stream(struct server *server, struct hufu_open_connection *connection,
                   const struct hufu_json *body)
{
    (void)body;
    hufu_open_stream(connection);
    hufu_known_follow(&server->known, true);
    hufu_known_repeat(&server->known, tell_one, connection);
    hufu_known_look(&server->known);
    server->visited = true;
}

/* Whoever has the token first has the session; there is no second one. */
static void enter(struct server *server, struct hufu_open_connection *connection,
                  const struct hufu_json *body)
{
    char cookie[128];
    char name[HUFU_COOKIE_NAME_SIZE];
    const char *token = member(body, "token");
    if (!token || !hufu_token_equals(&server->entry, token) ||
        !hufu_token_new(&server->door.session)) {
        hufu_log("refused: status=403 why=token");
        reply(connection, 403);
        return;
    }
    explicit_bzero(&server->entry, sizeof server->entry);
    hufu_cookie_name(server->door.port, name);
    snprintf(cookie, sizeof cookie, "%s=%s; Path=/; HttpOnly; SameSite=Strict", name,
             server->door.session.text);
    hufu_open_reply(connection, 204, NULL, cookie, hufu_bytes_of("", 0));
    explicit_bzero(cookie, sizeof cookie);
}

static void look(struct server *server, struct hufu_open_connection *connection,
                 const struct hufu_json *body)
{
    (void)body;
    hufu_known_look(&server->known);
    reply(connection, 202);
}

static void fix(struct server *server, struct hufu_open_connection *connection,
                const struct hufu_json *body)
{
    const char *id = member(body, "id");
    reply(connection, id ? hufu_known_fix(&server->known, id) : 400);
}

static void restart(struct server *server, struct hufu_open_connection *connection,
                    const struct hufu_json *body)
{
    (void)body;
    reply(connection, hufu_known_restart(&server->known));
}

typedef void action(struct server *server, struct hufu_open_connection *connection,
                    const struct hufu_json *body);

static action *const actions[] = {
    [HUFU_OPEN_FILE] = serve_file, [HUFU_OPEN_STREAM] = stream, [HUFU_OPEN_ENTER] = enter,
    [HUFU_OPEN_LOOK] = look,       [HUFU_OPEN_FIX] = fix,       [HUFU_OPEN_RESTART] = restart,
};

static void handle(struct server *server, struct hufu_open_connection *connection)
{
    HUFU_AUTO(hufu_json_free_auto) struct hufu_json *body = NULL;
    struct hufu_bytes text = hufu_open_body(connection);
    if (text.len > 0 && hufu_json_parse(text, &body, NULL) != HUFU_OK)
        reply(connection, 400);
    else
        actions[connection->verdict.action](server, connection, body);
}

/* --- connections --- */

static struct hufu_open_connection *free_place(struct server *server)
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

static void accept_one(struct server *server)
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

static void serve(struct server *server, struct hufu_open_connection *connection, short events)
{
    if (events & (POLLIN | POLLHUP | POLLERR))
        hufu_open_read(connection, &server->door);
    if (connection->phase == HUFU_OPEN_READY)
        handle(server, connection);
    hufu_open_write(connection);
}

/* --- the loop --- */

static void on_signals(struct server *server)
{
    struct signalfd_siginfo info;
    while (read(server->signals, &info, sizeof info) == (ssize_t)sizeof info)
        server->stop += info.ssi_signo != SIGCHLD;
}

static void on_browser(struct server *server)
{
    char address[ADDRESS_SIZE];
    if (!server->browser.pid)
        return;
    if (!hufu_task_ended(&server->browser) || hufu_task_succeeded(&server->browser) ||
        server->visited)
        return;
    write_address(server, address);
    server->options->say(address, true);
}

static bool is_watched(const struct server *server)
{
    for (size_t i = 0; i < HUFU_OPEN_CONNECTIONS_MAX; i++)
        if (server->connections[i].phase == HUFU_OPEN_EVENTS)
            return true;
    return false;
}

static void on_time(struct server *server)
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

static void wait_once(struct server *server)
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

static void limit_process(void)
{
    const struct rlimit none = {0};
    umask(077);
    (void)setrlimit(RLIMIT_CORE, &none);
}

static enum hufu_status start(struct server *server, struct hufu_error *err)
{
    char hufu[PATH_MAX];
    if (!hufu_path_beside(hufu, "hufu") || !hufu_token_new(&server->entry))
        return hufu_fail(err, HUFU_E_GENERAL, "start");
    HUFU_TRY(load(server, err));
    HUFU_TRY(listen_somewhere(server, err));
    HUFU_TRY(catch_signals(server, err));
    hufu_known_begin(&server->known, hufu, tell_all, server);
    server->watched_ms = hufu_clock_ms();
    tell_hufud(server);
    open_browser(server);
    return HUFU_OK;
}

/* A change that was begun is finished, unless we are told twice. */
static bool goes_on(const struct server *server)
{
    return !server->stop || (server->stop == 1 && hufu_known_is_changing(&server->known));
}

/* The browser stays, whoever opened it. */
static void end(struct server *server)
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
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "start");
    server->options = options;
    server->listener = -1;
    server->signals = -1;
    server->browser.fd = -1;
    limit_process();
    enum hufu_status status = start(server, err);
    while (status == HUFU_OK && goes_on(server))
        wait_once(server);
    end(server);
    free(server);
    return status;
}
