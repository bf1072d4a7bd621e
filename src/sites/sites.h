/* Which site may do what: what the administrator wrote, what the person wrote, and what hufu keeps
 * of the person's answers, as one table in memory. */
#ifndef HUFU_SITES_SITES_H
#define HUFU_SITES_SITES_H

#include "error/error.h"
#include "wire/origin.h"
#include "wire/scope.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Ten times the sites of Taiwan that are known to ask for a card; a bound for a broken file. */
#define HUFU_SITES_MAX 1024

/* /etc/hufu/hufu.ini, ~/.config/hufu/hufu.ini and ~/.local/state/hufu/sites.ini. */
enum hufu_sites_source {
    HUFU_SITES_ADMINISTRATOR,
    HUFU_SITES_SETTINGS,
    HUFU_SITES_ANSWERS,
    HUFU_SITES_SOURCE_COUNT
};

/* Sets of scopes; what is in neither was not decided. */
struct hufu_rights {
    unsigned allowed;
    unsigned refused;
};

struct hufu_site {
    char origin[HUFU_ORIGIN_MAX + 1];
    struct hufu_rights from[HUFU_SITES_SOURCE_COUNT];
};

/* In the order of their origins. */
struct hufu_sites {
    bool ask; /* whether an unknown site is asked about; no file said `ask = no` */
    size_t count;
    struct hufu_site *items;
};

/* Reads all three. HUFU_E_SITES when one of them cannot be understood, or when the last one is not
 * a plain file that only this user reads and writes: the caller then has no table, which means that
 * every site is refused. Release with hufu_sites_free. */
enum hufu_status hufu_sites_load(struct hufu_sites **ret_sites, struct hufu_error *err);
void hufu_sites_free(struct hufu_sites *sites);

/* What all sources together say of one site: a refusal anywhere beats an allowance everywhere, and
 * who may not even be seen may do nothing. Without a table (NULL) everything is refused. */
struct hufu_rights hufu_sites_rights(const struct hufu_sites *sites, const char *origin);
struct hufu_rights hufu_site_rights(const struct hufu_site *site);

/* The site's row, or NULL. */
const struct hufu_site *hufu_sites_find(const struct hufu_sites *sites, const char *origin);

/* Adds a row to what `source` says; false when the table is full or memory is out. */
bool hufu_sites_add(struct hufu_sites *sites, enum hufu_sites_source source, const char *origin,
                    struct hufu_rights rights);

enum hufu_sites_change { HUFU_SITES_ALLOW, HUFU_SITES_REFUSE, HUFU_SITES_FORGET };

/* Changes what hufu keeps about one site, for every program at once. Never waits for a person. */
enum hufu_status hufu_sites_change(enum hufu_sites_change change, const char *origin,
                                   unsigned scopes, struct hufu_error *err);

/* The folder of what hufu keeps, and the file's name in it. false as of base/path.h. */
#define HUFU_SITES_FILE "sites.ini"
bool hufu_sites_folder(char ret_path[PATH_MAX]);

#endif
