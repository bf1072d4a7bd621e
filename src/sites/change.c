#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "sites/sites.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)

/* Every site with a line of 190 bytes, and what stands above them. */
enum { FILE_BYTES_MAX = 256 * 1024 };

static const char head[] =
    "# Written by hufu; change it with: hufu sites allow|refuse|forget ORIGIN\n[sites]\n";

/* Two programs that change the file at once would lose a change; the file itself is replaced, so
 * the lock is on another one. */
static int lock(const char *folder)
{
    char path[PATH_MAX];
    if (!hufu_path_join(path, folder, HUFU_SITES_FILE ".lock"))
        return -1;
    HUFU_AUTO(hufu_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int locked = -1;
    if (fd >= 0 && flock(fd, LOCK_EX) == 0) {
        locked = fd;
        fd = -1;
    }
    return locked;
}

static void add_row(struct hufu_buf *text, const char *verb, const char *origin, unsigned scopes)
{
    if (!scopes)
        return;
    hufu_buf_printf(text, "%s = %s", verb, origin);
    for (size_t i = 0; i < HUFU_SCOPE_COUNT; i++)
        if (scopes & 1u << i)
            hufu_buf_printf(text, " %s", hufu_scope_name(i));
    hufu_buf_add_text(text, "\n");
}

static enum hufu_status write_file(const char *folder, const struct hufu_sites *sites,
                                   struct hufu_error *err)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = FILE_BYTES_MAX};
    hufu_buf_add_text(&text, head);
    for (size_t i = 0; i < sites->count; i++) {
        const struct hufu_site *site = &sites->items[i];
        add_row(&text, "allow", site->origin, site->from[HUFU_SITES_ANSWERS].allowed);
        add_row(&text, "refuse", site->origin, site->from[HUFU_SITES_ANSWERS].refused);
    }
    if (text.failed || !hufu_path_join(path, folder, HUFU_SITES_FILE))
        return hufu_fail(err, HUFU_E_GENERAL, "too long");
    int problem = hufu_file_write(path, 0600, hufu_buf_bytes(&text));
    return problem ? hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO, (unsigned long)problem,
                                    path)
                   : HUFU_OK;
}

static void apply(struct hufu_rights *rights, enum hufu_sites_change change, unsigned scopes)
{
    if (change == HUFU_SITES_ALLOW && rights->refused & HUFU_SCOPE_SEE)
        rights->refused = 0; /* what was refused as a whole is not allowed in part */
    rights->allowed &= ~scopes;
    rights->refused &= ~scopes;
    if (change == HUFU_SITES_ALLOW)
        rights->allowed |= scopes;
    if (change == HUFU_SITES_REFUSE)
        rights->refused |= scopes;
}

/* Who may do anything may be seen, who may not be seen may do nothing. */
static unsigned complete(enum hufu_sites_change change, unsigned scopes)
{
    if (change == HUFU_SITES_ALLOW)
        return scopes | HUFU_SCOPE_SEE;
    return scopes & HUFU_SCOPE_SEE ? HUFU_SCOPES_ALL : scopes;
}

enum hufu_status hufu_sites_change(enum hufu_sites_change change, const char *origin,
                                   unsigned scopes, struct hufu_error *err)
{
    char folder[PATH_MAX];
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    if (!hufu_origin_valid(origin) || !hufu_sites_folder(folder))
        return hufu_fail(err, HUFU_E_GENERAL, "origin or HOME");
    int problem = hufu_folder_make(folder, 0700);
    HUFU_AUTO(hufu_close) int locked = problem ? -1 : lock(folder);
    if (locked < 0)
        return hufu_fail_from(err, HUFU_E_GENERAL, HUFU_ORIGIN_ERRNO,
                              (unsigned long)(problem ? problem : errno), folder);
    HUFU_TRY(hufu_sites_load(&sites, err));
    if (!hufu_sites_add(sites, HUFU_SITES_ANSWERS, origin, (struct hufu_rights){0}))
        return hufu_fail(err, HUFU_E_GENERAL, "there are 1024 sites already");
    for (size_t i = 0; i < sites->count; i++)
        if (strcmp(sites->items[i].origin, origin) == 0)
            apply(&sites->items[i].from[HUFU_SITES_ANSWERS], change, complete(change, scopes));
    return write_file(folder, sites, err);
}
