/* Whether the browsers let the websites that hufu serves reach this computer at all: a page that is
 * kept from it by its browser sees the same as one that meets no hufu. */
#include "doctor/facts.h"
#include "doctor/preferences.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "sites/sites.h"
#include "trust/policy_places.h"
#include "trust/stores.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(DIR *, closedir)
HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)
HUFU_DEFINE_AUTO(struct hufu_preferences *, hufu_preferences_free)

/* Folders of profiles of Chromium's family, below HOME. Measured: Chromium. Documented by their
 * makers or packagers: the others. */
static const struct {
    const char *browser;
    const char *folder;
} families[] = {
    {"Chromium", ".config/chromium"},
    {"Chrome", ".config/google-chrome"},
    {"Edge", ".config/microsoft-edge"},
    {"Brave", ".config/BraveSoftware/Brave-Browser"},
    {"Vivaldi", ".config/vivaldi"},
    {"Chromium (snap)", "snap/chromium/common/chromium"},
    {"Chromium (flatpak)", ".var/app/org.chromium.Chromium/config/chromium"},
    {"Chrome (flatpak)", ".var/app/com.google.Chrome/config/google-chrome"},
    {"Edge (flatpak)", ".var/app/com.microsoft.Edge/config/microsoft-edge"},
    {"Brave (flatpak)", ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser"},
};

enum { PROFILES_MAX = 32 }; /* in one folder */

struct search {
    struct hufu_permission_facts *facts;
    const struct hufu_sites *sites;
    bool policy_allows; /* what an administrator allowed is not asked about */
};

static void take(struct search *search, enum hufu_permission_kind kind, const char *browser,
                 const char *origin, const char *path)
{
    struct hufu_permission_facts *facts = search->facts;
    if (kind <= facts->kind)
        return;
    facts->kind = kind;
    snprintf(facts->browser, sizeof facts->browser, "%s", browser);
    snprintf(facts->origin, sizeof facts->origin, "%s", origin);
    snprintf(facts->path, sizeof facts->path, "%s", path);
}

/* The site at `index` when it may do anything, else NULL. */
static const char *allowed_at(const struct hufu_sites *sites, size_t index)
{
    struct hufu_rights rights = hufu_site_rights(&sites->items[index]);
    return rights.allowed ? sites->items[index].origin : NULL;
}

static void judge_choice(struct search *search, enum hufu_choice choice,
                         enum hufu_permission_kind denied, const char *browser, const char *origin)
{
    const enum hufu_permission_kind kinds[] = {
        [HUFU_CHOICE_NONE] = search->policy_allows ? HUFU_PERMISSION_FINE : HUFU_PERMISSION_ASKS,
        [HUFU_CHOICE_ALLOWED] = HUFU_PERMISSION_FINE,
        [HUFU_CHOICE_DENIED] = denied,
        [HUFU_CHOICE_DENIED_ALL] = HUFU_PERMISSION_DEFAULT,
    };
    take(search, kinds[choice], browser, origin, "");
}

/* --- Chromium --- */

static void look_at_profile(struct search *search, const char *browser, const char *path)
{
    HUFU_AUTO(hufu_preferences_free_auto)
    struct hufu_preferences *preferences = hufu_preferences_read(path);
    for (size_t i = 0; preferences && i < search->sites->count; i++) {
        const char *origin = allowed_at(search->sites, i);
        if (origin)
            judge_choice(search, hufu_preferences_choice(preferences, origin),
                         HUFU_PERMISSION_CHROMIUM, browser, origin);
    }
}

static void look_at_family(struct search *search, const char *home, size_t family)
{
    char folder[PATH_MAX];
    size_t seen = 0;
    if (!hufu_path_join(folder, home, families[family].folder))
        return;
    HUFU_AUTO(closedir_auto) DIR *profiles = opendir(folder);
    for (const struct dirent *entry = NULL;
         profiles && seen < PROFILES_MAX && (entry = readdir(profiles));) {
        char profile[PATH_MAX];
        char path[PATH_MAX];
        if (entry->d_name[0] == '.' || !hufu_path_join(profile, folder, entry->d_name) ||
            !hufu_path_join(path, profile, "Preferences") || access(path, R_OK) != 0)
            continue;
        seen++;
        look_at_profile(search, families[family].browser, path);
    }
}

static void look_at_policy(struct search *search, const char *browser, const char *path)
{
    HUFU_AUTO(hufu_preferences_free_auto)
    struct hufu_preferences *policy = hufu_preferences_read(path);
    for (size_t i = 0; policy && i < search->sites->count; i++) {
        const char *origin = allowed_at(search->sites, i);
        enum hufu_choice choice = origin ? hufu_policy_choice(policy, origin) : HUFU_CHOICE_NONE;
        if (choice == HUFU_CHOICE_DENIED)
            take(search, HUFU_PERMISSION_POLICY, browser, origin, path);
        search->policy_allows |= choice == HUFU_CHOICE_ALLOWED;
    }
}

static void look_at_policies(struct search *search)
{
    for (size_t i = 0; i < HUFU_POLICY_PLACES; i++) {
        char folder[PATH_MAX];
        char path[PATH_MAX];
        if (hufu_policy_places[i].format != HUFU_POLICY_CHROMIUM ||
            !hufu_policy_place_file(&hufu_policy_places[i], "", folder))
            continue;
        *strrchr(folder, '/') = 0;
        HUFU_AUTO(closedir_auto) DIR *files = opendir(folder);
        for (const struct dirent *entry = NULL; files && (entry = readdir(files));)
            if (entry->d_name[0] != '.' && hufu_path_join(path, folder, entry->d_name))
                look_at_policy(search, hufu_policy_places[i].browser, path);
    }
}

/* --- Firefox: a store's folder is its profile --- */

static void look_at_firefox(struct search *search)
{
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = {0};
    if (hufu_stores_find(&stores, NULL) != HUFU_OK)
        return;
    for (size_t i = 0; i < stores.count; i++) {
        const struct hufu_store *store = &stores.items[i];
        if (strcmp(store->kind, "firefox") != 0 || store->answer.state == HUFU_TRUST_REFUSED)
            continue;
        for (size_t n = 0; n < search->sites->count; n++) {
            const char *origin = allowed_at(search->sites, n);
            if (origin)
                judge_choice(search, hufu_firefox_choice(store->path, origin),
                             HUFU_PERMISSION_FIREFOX, store->browser, origin);
        }
    }
}

void hufu_look_permission(void *into)
{
    struct hufu_permission_facts *facts = into;
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    char home[PATH_MAX];
    if (hufu_path_home(home) && hufu_sites_load(&sites, NULL) == HUFU_OK) {
        struct search search = {.facts = facts, .sites = sites};
        look_at_policies(&search);
        for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
            look_at_family(&search, home, i);
        look_at_firefox(&search);
    }
    facts->looked = true;
}

void hufu_judge_permission(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    static const enum hufu_finding_kind kinds[] = {
        [HUFU_PERMISSION_FINE] = HUFU_FOUND_PERMISSION_OK,
        [HUFU_PERMISSION_ASKS] = HUFU_FOUND_PERMISSION_ASKS,
        [HUFU_PERMISSION_CHROMIUM] = HUFU_FOUND_PERMISSION_CHROMIUM,
        [HUFU_PERMISSION_FIREFOX] = HUFU_FOUND_PERMISSION_FIREFOX,
        [HUFU_PERMISSION_DEFAULT] = HUFU_FOUND_PERMISSION_DEFAULT,
        [HUFU_PERMISSION_POLICY] = HUFU_FOUND_PERMISSION_POLICY,
    };
    const struct hufu_permission_facts *permission = &facts->permission;
    hufu_found(finding, permission->looked ? kinds[permission->kind] : HUFU_FOUND_UNANSWERED);
    if (permission->kind == HUFU_PERMISSION_FINE)
        return;
    hufu_found_value(finding, "browser", permission->browser);
    hufu_found_value(finding, "origin", permission->origin);
    if (permission->kind == HUFU_PERMISSION_POLICY)
        hufu_found_value(finding, "path", permission->path);
}
