/* hufu open: a small web server for one person, as long as that person looks.
 * docs/decisions/0013-the-status-page.md */
#ifndef HUFU_OPEN_SERVER_H
#define HUFU_OPEN_SERVER_H

#include "error/error.h"

#include <stdbool.h>

/* A page that is loaded anew is away for less than a second; a busy machine takes some. */
#define HUFU_OPEN_GONE_MS 10000

/* A browser that has to be started first, by hand even. */
#define HUFU_OPEN_FIRST_MS (10 * 60 * 1000)

/* A browser has six to one server, and a stream for each of some tabs. */
#define HUFU_OPEN_CONNECTIONS_MAX 32

/* The system's own way to the person's browser. */
#define HUFU_OPEN_BROWSER "/usr/bin/xdg-open"

struct hufu_open_options {
    const char *pages; /* the folder that has the page and the guide */
    bool print;        /* the address is said and not opened */
    /* Says the address: because of `print`, or as no browser could be opened with it. */
    void (*say)(const char *address, bool no_browser);
};

/* Serves until the page is closed or the process is told to stop. */
enum hufu_status hufu_open_serve(const struct hufu_open_options *options, struct hufu_error *err);

#endif
