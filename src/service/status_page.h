/* The page of `hufu open`: the one origin that nobody has to be asked about, as long as its server
 * runs. docs/decisions/0013-the-status-page.md */
#ifndef HUFU_SERVICE_STATUS_PAGE_H
#define HUFU_SERVICE_STATUS_PAGE_H

#include "base/monitor.h"
#include "wire/scope.h"

#include <stdbool.h>

/* What its test signature needs; no PIN comes from it, and it decrypts nothing. */
#define HUFU_STATUS_PAGE_SCOPES (HUFU_SCOPE_SEE | HUFU_SCOPE_READ | HUFU_SCOPE_SIGN)

/* Start with the monitor and zeros. */
struct hufu_status_page {
    struct hufu_monitor *monitor;
    unsigned long socket; /* inode of the one that was proved last */
};

/* Whether `origin` is a page that `hufu open` of this user serves now. The file in
 * ~/.local/state/hufu says where to look; the kernel, and not the file, says who listens there. */
bool hufu_status_page_is(struct hufu_status_page *page, const char *origin);

#endif
