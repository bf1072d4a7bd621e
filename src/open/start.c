#include "open/state.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "open/report.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BACKLOG = 16,
    ADDRESS_SIZE = sizeof "http://127.0.0.1:65535/#" + HUFU_TOKEN_SIZE,
};

static void limit_process(void)
{
    const struct rlimit none = {0};
    umask(077);
    (void)setrlimit(RLIMIT_CORE, &none);
}

static enum hufu_status fail(const char *what, struct hufu_error *err)
{
    return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO, (unsigned long)errno, what);
}

static enum hufu_status listen_somewhere(struct hufu_open_server *server, struct hufu_error *err)
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

static enum hufu_status catch_signals(struct hufu_open_server *server, struct hufu_error *err)
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

static enum hufu_status load(struct hufu_open_server *server, struct hufu_error *err)
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
static void tell_hufud(struct hufu_open_server *server)
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
static void write_address(const struct hufu_open_server *server, char ret_address[ADDRESS_SIZE])
{
    snprintf(ret_address, ADDRESS_SIZE, "http://127.0.0.1:%u/#%s", (unsigned)server->door.port,
             server->entry.text);
}

void hufu_open_say_address(const struct hufu_open_server *server, bool no_browser)
{
    char address[ADDRESS_SIZE];
    write_address(server, address);
    server->options->say(address, no_browser);
}

static void open_browser(struct hufu_open_server *server)
{
    char address[ADDRESS_SIZE];
    const char *const arguments[] = {"xdg-open", address, NULL};
    write_address(server, address);
    if (hufu_task_start(&server->browser, HUFU_OPEN_BROWSER, arguments, 0, 0))
        hufu_open_say_address(server, true);
}

enum hufu_status hufu_open_start(struct hufu_open_server *server, struct hufu_error *err)
{
    limit_process();
    if (!hufu_token_new(&server->entry))
        return fail("getrandom", err);
    HUFU_TRY(load(server, err));
    HUFU_TRY(listen_somewhere(server, err));
    return catch_signals(server, err);
}

void hufu_open_announce(struct hufu_open_server *server)
{
    tell_hufud(server);
    if (server->options->print)
        hufu_open_say_address(server, false);
    else
        open_browser(server);
}
