#include "sites/sites.h"

#include "home.h"

#include <stdio.h>

/* The system's own file plays no part. */
const char *__wrap_hufu_path_system(void);

const char *__wrap_hufu_path_system(void)
{
    return home_path("system");
}

static void require_site(const struct hufu_sites *sites, const struct hufu_site *site)
{
    struct hufu_rights rights = hufu_sites_rights(sites, site->origin);
    require(hufu_origin_valid(site->origin) && hufu_sites_find(sites, site->origin) == site);
    require((rights.allowed & rights.refused) == 0);
    require(((rights.allowed | rights.refused) & ~(unsigned)HUFU_SCOPES_ALL) == 0);
    require(!rights.allowed || rights.allowed & HUFU_SCOPE_SEE);
}

/* What is written again is read as it was. */
static void require_kept(const struct hufu_site *site)
{
    struct hufu_rights kept = site->from[HUFU_SITES_ANSWERS];
    struct hufu_sites *again = NULL;
    require(hufu_sites_change(HUFU_SITES_FORGET, site->origin, 0, NULL) == HUFU_OK);
    require(hufu_sites_load(&again, NULL) == HUFU_OK);
    const struct hufu_site *found = hufu_sites_find(again, site->origin);
    struct hufu_rights now = found ? found->from[HUFU_SITES_ANSWERS] : (struct hufu_rights){0};
    require(now.allowed == kept.allowed && now.refused == kept.refused);
    hufu_sites_free(again);
}

/* The input is a hufu.ini and, after a line "%", the file of answers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char line[] = "\n%\n";
    struct hufu_sites *sites = NULL;
    if (home_make()) {
        home_folder(".config/hufu");
        home_folder(".local/state/hufu");
    }
    const uint8_t *end = memmem(data, len, line, sizeof line - 1);
    size_t settings = end ? (size_t)(end - data) : 0;
    size_t answers = end ? settings + sizeof line - 1 : 0;
    home_write(".config/hufu/hufu.ini", data, settings);
    home_write(".local/state/hufu/" HUFU_SITES_FILE, data + answers, len - answers);
    if (hufu_sites_load(&sites, NULL) != HUFU_OK)
        return 0;
    require(sites->count <= HUFU_SITES_MAX);
    for (size_t i = 0; i < sites->count; i++) {
        require_site(sites, &sites->items[i]);
        require(i == 0 || strcmp(sites->items[i - 1].origin, sites->items[i].origin) < 0);
    }
    if (sites->count)
        require_kept(&sites->items[0]);
    hufu_sites_free(sites);
    return 0;
}
