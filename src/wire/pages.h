/* Where `hufu open` shows a page now: ~/.local/state/hufu/pages, for hufud. The file proves
 * nothing; whoever relies on a row asks the kernel. */
#ifndef HUFU_WIRE_PAGES_H
#define HUFU_WIRE_PAGES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A person has one or two open; those that were killed leave their rows behind. */
#define HUFU_PAGES_MAX 8

/* Served at http://127.0.0.1:PORT by one process. */
struct hufu_page {
    uint16_t port;
    pid_t pid;
    uint64_t started; /* struct hufu_process */
};

struct hufu_pages {
    size_t count;
    struct hufu_page items[HUFU_PAGES_MAX]; /* oldest first */
};

/* Never fails: what is not there, too long or not of the form counts for nothing. */
void hufu_pages_read(struct hufu_pages *ret_pages);

/* Adds a row, or takes it out; rows of processes that ended go as well. 0 or an errno value. */
int hufu_pages_add(const struct hufu_page *page);
int hufu_pages_remove(const struct hufu_page *page);

#endif
