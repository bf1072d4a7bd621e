#include "service/status_page.h"

#include "base/peer.h"
#include "wire/pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char prefix[] = "http://127.0.0.1:";
static const char program[] = "hufu";

/* `origin` is well-formed: what follows the prefix is a port. */
static const struct hufu_page *find_row(const struct hufu_pages *pages, const char *origin)
{
    unsigned long port = strtoul(origin + sizeof prefix - 1, NULL, 10);
    for (size_t i = 0; i < pages->count; i++)
        if (pages->items[i].port == port)
            return &pages->items[i];
    return NULL;
}

/* The process that holds the socket is the one of the row, not a later one of the same number, and
 * a program of hufu. */
static bool holds(struct hufu_monitor *monitor, unsigned long socket, const struct hufu_page *row)
{
    struct hufu_process process;
    return hufu_monitor_find(monitor, socket, &process) && process.pid == row->pid &&
           process.started == row->started && strcmp(process.name, program) == 0;
}

bool hufu_status_page_is(struct hufu_status_page *page, const char *origin)
{
    struct hufu_pages pages;
    struct hufu_port_holder holder;
    if (strncmp(origin, prefix, sizeof prefix - 1) != 0)
        return false;
    hufu_pages_read(&pages);
    const struct hufu_page *row = find_row(&pages, origin);
    if (!row || !hufu_port_holder(AF_INET, row->port, &holder) || holder.uid != getuid())
        return false;
    /* To look for a process takes milliseconds; a socket that is still there has not changed hands.
     */
    if (holder.inode != page->socket)
        page->socket = holds(page->monitor, holder.inode, row) ? holder.inode : 0;
    return page->socket != 0;
}
