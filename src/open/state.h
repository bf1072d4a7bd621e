/* What the three files of the server share. */
#ifndef HUFU_OPEN_STATE_H
#define HUFU_OPEN_STATE_H

#include "open/connection.h"
#include "open/known.h"
#include "open/server.h"
#include "wire/pages.h"

struct hufu_open_server {
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

/* start.c: pages, port and signals; then the address goes to hufud and to the person. */
enum hufu_status hufu_open_start(struct hufu_open_server *server, struct hufu_error *err);
void hufu_open_announce(struct hufu_open_server *server);

/* Says the address: because that was asked for, or as no browser could be opened with it. */
void hufu_open_say_address(const struct hufu_open_server *server, bool no_browser);

/* requests.c: does what a complete request asks for, and answers it. */
void hufu_open_handle(struct hufu_open_server *server, struct hufu_open_connection *connection);

#endif
