#include "sites/sites.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "wire/ini.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)

/* Who reads rows, and for whom. */
struct reader {
    struct hufu_sites *sites;
    enum hufu_sites_source source;
};

/* --- the table --- */

/* Where the origin is, or would be. */
static size_t position(const struct hufu_sites *sites, const char *origin, bool *ret_found)
{
    size_t low = 0;
    size_t high = sites->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(sites->items[middle].origin, origin);
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = false;
    return low;
}

static struct hufu_site *insert(struct hufu_sites *sites, size_t at, const char *origin)
{
    if (sites->count == HUFU_SITES_MAX)
        return NULL;
    struct hufu_site *items = reallocarray(sites->items, sites->count + 1, sizeof *items);
    if (!items)
        return NULL;
    sites->items = items;
    memmove(items + at + 1, items + at, (sites->count++ - at) * sizeof *items);
    items[at] = (struct hufu_site){0};
    snprintf(items[at].origin, sizeof items[at].origin, "%s", origin);
    return &items[at];
}

bool hufu_sites_add(struct hufu_sites *sites, enum hufu_sites_source source, const char *origin,
                    struct hufu_rights rights)
{
    bool found = false;
    size_t at = position(sites, origin, &found);
    struct hufu_site *site = found ? &sites->items[at] : insert(sites, at, origin);
    if (!site)
        return false;
    site->from[source].allowed |= rights.allowed;
    site->from[source].refused |= rights.refused;
    return true;
}

const struct hufu_site *hufu_sites_find(const struct hufu_sites *sites, const char *origin)
{
    bool found = false;
    size_t at = position(sites, origin, &found);
    return found ? &sites->items[at] : NULL;
}

struct hufu_rights hufu_site_rights(const struct hufu_site *site)
{
    struct hufu_rights all = {0};
    for (size_t i = 0; i < HUFU_SITES_SOURCE_COUNT; i++) {
        all.allowed |= site->from[i].allowed;
        all.refused |= site->from[i].refused;
    }
    if (all.refused & HUFU_SCOPE_SEE)
        all.refused = HUFU_SCOPES_ALL;
    all.allowed &= ~all.refused;
    return all;
}

struct hufu_rights hufu_sites_rights(const struct hufu_sites *sites, const char *origin)
{
    if (!sites)
        return (struct hufu_rights){.refused = HUFU_SCOPES_ALL};
    const struct hufu_site *site = hufu_sites_find(sites, origin);
    return site ? hufu_site_rights(site) : (struct hufu_rights){0};
}

void hufu_sites_free(struct hufu_sites *sites)
{
    if (!sites)
        return;
    free(sites->items);
    free(sites);
}

/* --- rows --- */

/* The scopes that `words` name, `none` when there are no words; 0 for a word that is no scope. */
static unsigned read_scopes(const char *words, unsigned none)
{
    unsigned scopes = 0;
    for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
        size_t len = strcspn(words, " ");
        unsigned scope = hufu_scope_parse(words, len);
        if (!scope)
            return 0;
        scopes |= scope;
        words += len;
    }
    return scopes ? scopes : none;
}

/* `value` is an origin and scopes behind it. */
static bool read_site(const struct reader *reader, bool allow, const char *value)
{
    char origin[HUFU_ORIGIN_MAX + 1];
    size_t len = strcspn(value, " ");
    if (len > HUFU_ORIGIN_MAX)
        return false;
    memcpy(origin, value, len);
    origin[len] = 0;
    unsigned scopes = read_scopes(value + len, allow ? HUFU_SCOPES_USE : HUFU_SCOPES_ALL);
    if (!scopes || !hufu_origin_valid(origin))
        return false;
    /* Who may do anything may be seen. */
    struct hufu_rights rights = {.allowed = allow ? scopes | HUFU_SCOPE_SEE : 0,
                                 .refused = allow ? 0 : scopes};
    return hufu_sites_add(reader->sites, reader->source, origin, rights);
}

/* `no` anywhere stays: an administrator's kiosk is not reopened by its user. */
static bool read_ask(const struct reader *reader, const char *value)
{
    bool no = strcmp(value, "no") == 0;
    if (no)
        reader->sites->ask = false;
    return no || strcmp(value, "yes") == 0;
}

static bool read_row(void *context, const char *section, const char *name, const char *value)
{
    const struct reader *reader = context;
    if (strcmp(section, "sites") != 0)
        return reader->source != HUFU_SITES_ANSWERS; /* service/config.c judges the other ones */
    if (strcmp(name, "ask") == 0)
        return reader->source != HUFU_SITES_ANSWERS && read_ask(reader, value);
    bool allow = strcmp(name, "allow") == 0;
    return (allow || strcmp(name, "refuse") == 0) && read_site(reader, allow, value);
}

/* --- files --- */

bool hufu_sites_folder(char ret_path[PATH_MAX])
{
    return hufu_path_state(ret_path);
}

static enum hufu_status check(const char *path, mode_t type, mode_t forbidden,
                              struct hufu_error *err)
{
    struct stat info;
    if (lstat(path, &info))
        return errno == ENOENT ? HUFU_OK : hufu_fail(err, HUFU_E_SITES, path);
    bool ours = (info.st_mode & S_IFMT) == type && info.st_uid == geteuid() &&
                (info.st_mode & forbidden) == 0;
    return ours ? HUFU_OK : hufu_fail(err, HUFU_E_SITES, path);
}

static enum hufu_status read_file(struct hufu_sites *sites, enum hufu_sites_source source,
                                  const char *folder, const char *name, struct hufu_error *err)
{
    char path[PATH_MAX];
    struct hufu_error cause = {0};
    struct reader reader = {.sites = sites, .source = source};
    if (!hufu_path_join(path, folder, name))
        return hufu_fail(err, HUFU_E_SITES, "path too long");
    if (source == HUFU_SITES_ANSWERS) {
        HUFU_TRY(check(folder, S_IFDIR, S_IWGRP | S_IWOTH, err));
        HUFU_TRY(check(path, S_IFREG, S_IRWXG | S_IRWXO, err));
    }
    if (hufu_ini_read(path, read_row, &reader, &cause) != HUFU_OK)
        return hufu_fail(err, HUFU_E_SITES, cause.detail);
    return HUFU_OK;
}

enum hufu_status hufu_sites_load(struct hufu_sites **ret_sites, struct hufu_error *err)
{
    char folder[PATH_MAX];
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = calloc(1, sizeof *sites);
    if (!sites)
        return hufu_fail(err, HUFU_E_SITES, "out of memory");
    sites->ask = true;
    HUFU_TRY(read_file(sites, HUFU_SITES_ADMINISTRATOR, hufu_path_system(), "hufu.ini", err));
    if (hufu_path_config(folder))
        HUFU_TRY(read_file(sites, HUFU_SITES_SETTINGS, folder, "hufu.ini", err));
    if (hufu_sites_folder(folder))
        HUFU_TRY(read_file(sites, HUFU_SITES_ANSWERS, folder, HUFU_SITES_FILE, err));
    *ret_sites = HUFU_TAKE(sites);
    return HUFU_OK;
}
