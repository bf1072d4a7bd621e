#include "service/listen.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/peer.h"
#include "base/systemd.h"
#include "service/loopback.h"
#include "wire/alive.h"
#include "wire/running.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SOCKETS_MAX = 2 * HUFU_PORTS * HUFU_PRODUCTS_MAX };

/* How long a hufud of another user may take to close our connection, and then, in steps, to leave a
 * port. */
enum { KNOCK_MS = 200, STEP_MS = 50, STEPS = 20 };

struct listener {
    uint16_t port;
    bool handed_over; /* by systemd, which holds it as well: nobody else would answer there */
    struct evconnlistener *socket; /* NULL where the dispatcher has it */
};

struct hufu_listeners {
    struct hufu_connections *connections;
    struct hufu_monitor *monitor;
    const struct hufu_dispatch *dispatch;
    const struct hufu_config *config; /* of the last update that succeeded */
    bool activated;                   /* the sockets of socket activation were taken over */
    bool told;                        /* the file of ports is ours */
    bool shares; /* other users were seen: one port of each product is enough */
    size_t count;
    struct listener rows[SOCKETS_MAX];
};

/* Takes `fd` when it returns true. */
static bool add(struct hufu_listeners *listeners, int fd, bool handed_over)
{
    if (listeners->count == SOCKETS_MAX || evutil_make_socket_nonblocking(fd))
        return false;
    struct evconnlistener *socket = hufu_connections_listen(listeners->connections, fd);
    if (!socket)
        return false;
    listeners->rows[listeners->count++] = (struct listener){
        .port = hufu_loopback_port(fd), .handed_over = handed_over, .socket = socket};
    return true;
}

static void open_port(struct hufu_listeners *listeners, uint16_t port, bool tell)
{
    HUFU_AUTO(hufu_close) int v4 = -1;
    HUFU_AUTO(hufu_close) int v6 = -1;
    int refused = hufu_loopback_open(port, &v4, &v6);
    int problem = errno;
    if (refused == AF_INET && problem == EADDRINUSE && listeners->count < SOCKETS_MAX &&
        hufu_dispatch_has(listeners->dispatch, AF_INET, port))
        listeners->rows[listeners->count++] = (struct listener){.port = port};
    else if (refused && tell)
        hufu_loopback_log(listeners->monitor, port, refused, problem);
    if (v4 >= 0 && add(listeners, v4, false))
        v4 = -1;
    if (v6 >= 0 && add(listeners, v6, false))
        v6 = -1;
}

static bool is_open(const struct hufu_listeners *listeners, uint16_t port)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (listeners->rows[i].port == port)
            return true;
    return false;
}

static bool is_wanted(const struct hufu_config *config, uint16_t port)
{
    for (size_t i = 0; i < config->product_count; i++)
        for (int n = 0; n < HUFU_PORTS; n++)
            if (config->products[i].ports[n] == port)
                return true;
    return false;
}

static void take_over(struct hufu_listeners *listeners)
{
    int count = listeners->activated ? 0 : hufu_systemd_listen_fds();
    listeners->activated = true;
    for (int fd = HUFU_SYSTEMD_FIRST_FD; fd < HUFU_SYSTEMD_FIRST_FD + count; fd++)
        if (hufu_loopback_port(fd) && !add(listeners, fd, true)) /* the others are not ours */
            close(fd);
}

static void close_one(const struct listener *listener)
{
    if (listener->socket)
        evconnlistener_free(listener->socket);
}

static void close_unwanted(struct hufu_listeners *listeners, const struct hufu_config *config)
{
    size_t kept = 0;
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->rows[i].handed_over || is_wanted(config, listeners->rows[i].port))
            listeners->rows[kept++] = listeners->rows[i];
        else
            close_one(&listeners->rows[i]);
    }
    listeners->count = kept;
}

/* The next hufud and the commands find this one by it: first which process it is, then its ports.
 */
static void tell_ports(struct hufu_listeners *listeners, const struct hufu_config *config)
{
    struct hufu_ports ports = {.count = 0};
    for (size_t i = 0; i < config->product_count; i++)
        for (int n = 0; n < HUFU_PORTS; n++) {
            uint16_t port = config->products[i].ports[n];
            if (port && is_open(listeners, port) && ports.count < HUFU_PORTS_MAX)
                ports.items[ports.count++] = port;
        }
    int problem = listeners->told ? 0 : hufu_running_write(); /* a confined process sees no other */
    problem = problem ? problem : hufu_ports_write(&ports);
    if (problem)
        hufu_log("the file of ports cannot be written: %s", strerror(problem));
    listeners->told = true;
}

/* --- several users --- */

/* The first port of the product that is open; 0 when none is. */
static uint16_t port_of(const struct hufu_listeners *listeners, const struct hufu_product *product)
{
    for (int n = 0; n < HUFU_PORTS; n++)
        if (product->ports[n] && is_open(listeners, product->ports[n]))
            return product->ports[n];
    return 0;
}

static bool is_needed(const struct hufu_listeners *listeners, const struct hufu_config *config,
                      uint16_t port)
{
    for (size_t i = 0; i < config->product_count; i++)
        if (port_of(listeners, &config->products[i]) == port)
            return true;
    return false;
}

/* Leaves to other users what no page of ours needs: each of their pages goes from port to port. */
static void share(struct hufu_listeners *listeners)
{
    bool needed[SOCKETS_MAX];
    size_t kept = 0;
    for (size_t i = 0; i < listeners->count; i++) {
        const struct listener *row = &listeners->rows[i];
        needed[i] = row->handed_over || is_needed(listeners, listeners->config, row->port);
    }
    for (size_t i = 0; i < listeners->count; i++)
        if (needed[i])
            listeners->rows[kept++] = listeners->rows[i];
        else
            close_one(&listeners->rows[i]);
    listeners->count = kept;
    tell_ports(listeners, listeners->config);
}

static void on_stranger(void *context)
{
    struct hufu_listeners *listeners = context;
    if (listeners->shares || !listeners->config)
        return;
    hufu_log_debug("another user is here: one port of each product is enough");
    listeners->shares = true;
    share(listeners);
}

/* A connection is enough of a question for a hufud of another user. */
static void knock(uint16_t port)
{
    struct hufu_port_holder holder;
    if (hufu_port_holder(AF_INET, port, &holder) && holder.uid != getuid())
        (void)hufu_port_answers(port, KNOCK_MS);
}

static bool lacks_ports(const struct hufu_listeners *listeners, const struct hufu_config *config)
{
    for (size_t i = 0; i < config->product_count; i++)
        if (config->products[i].ports[0] && !port_of(listeners, &config->products[i]))
            return true;
    return false;
}

static void open_all(struct hufu_listeners *listeners, const struct hufu_config *config, bool tell)
{
    for (size_t i = 0; i < config->product_count; i++)
        for (int n = 0; n < HUFU_PORTS; n++) {
            const struct hufu_product *product = &config->products[i];
            bool wanted = !listeners->shares || !port_of(listeners, product);
            if (wanted && product->ports[n] && !is_open(listeners, product->ports[n]))
                open_port(listeners, product->ports[n], tell);
        }
}

/* At the start, before the process is confined. */
static void ask_others(struct hufu_listeners *listeners, const struct hufu_config *config)
{
    const struct timespec pause = {.tv_nsec = STEP_MS * 1000000L};
    for (size_t i = 0; i < config->product_count; i++)
        for (int n = 0; n < HUFU_PORTS && !port_of(listeners, &config->products[i]); n++)
            knock(config->products[i].ports[n]);
    for (int i = 0; i < STEPS && lacks_ports(listeners, config); i++) {
        nanosleep(&pause, NULL);
        open_all(listeners, config, false);
    }
}

size_t hufu_listeners_update(struct hufu_listeners *listeners, const struct hufu_config *config)
{
    size_t open = 0;
    take_over(listeners);
    open_all(listeners, config, true);
    if (!listeners->told && lacks_ports(listeners, config))
        ask_others(listeners, config);
    for (size_t i = 0; i < config->product_count; i++)
        for (int n = 0; n < HUFU_PORTS; n++)
            open +=
                config->products[i].ports[n] && is_open(listeners, config->products[i].ports[n]);
    if (open > 0) {
        close_unwanted(listeners, config);
        tell_ports(listeners, config);
        listeners->config = config;
    }
    return open;
}

struct hufu_listeners *hufu_listeners_new(struct hufu_connections *connections,
                                          struct hufu_monitor *monitor,
                                          const struct hufu_dispatch *dispatch)
{
    struct hufu_listeners *listeners = calloc(1, sizeof *listeners);
    if (!listeners)
        return NULL;
    hufu_connections_on_stranger(connections, on_stranger, listeners);
    *listeners = (struct hufu_listeners){
        .connections = connections, .monitor = monitor, .dispatch = dispatch};
    return listeners;
}

void hufu_listeners_free(struct hufu_listeners *listeners)
{
    if (listeners)
        hufu_connections_on_stranger(listeners->connections, NULL, NULL);
    if (listeners && listeners->told)
        hufu_running_remove();
    for (size_t i = 0; listeners && i < listeners->count; i++)
        close_one(&listeners->rows[i]);
    free(listeners);
}
