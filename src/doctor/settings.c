/* What the person and the administrator wrote, and what starts hufud at login. */
#include "doctor/facts.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "doctor/products.h"
#include "sites/sites.h"
#include "wire/problems.h"
#include "wire/settings.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)
HUFU_DEFINE_AUTO(DIR *, closedir)

/* --- what was written --- */

/* hufud says of a mistake what it expected; it need not have looked since. */
static void take_problem(struct hufu_settings_facts *facts, const char *place)
{
    struct hufu_problems problems;
    hufu_problems_read(&problems);
    for (int language = 0; language < 2; language++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_PROBLEM_TEXT_MAX};
        if (problems.count)
            hufu_problem_text(&problems.items[0], (enum hufu_language)language, &text);
        snprintf(facts->settings[language], HUFU_FINDING_VALUE_SIZE, "%s",
                 problems.count ? hufu_buf_text(&text) : place);
    }
}

/* hufud reads more of the files than is read here; what is wrong in them now counts, and what it
 * met when it last read them. */
static void look_at_settings(struct hufu_settings_facts *facts)
{
    struct hufu_settings settings;
    struct hufu_products products;
    struct hufu_error err = {0};
    if (hufu_settings_read(&settings, &err) == HUFU_OK)
        (void)hufu_products_read(&products, &err);
    take_problem(facts, err.detail);
}

/* sites.ini, as sites/sites.c wants it. */
static bool is_open(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
           info.st_mode & (S_IRWXG | S_IRWXO);
}

static void look_at_sites(struct hufu_settings_facts *facts)
{
    struct hufu_error err = {0};
    char folder[PATH_MAX];
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    if (hufu_sites_load(&sites, &err) == HUFU_OK)
        return;
    snprintf(facts->sites, sizeof facts->sites, "%s", err.detail[0] ? err.detail : "?");
    if (!hufu_sites_folder(folder) || !hufu_path_join(facts->answers, folder, HUFU_SITES_FILE) ||
        !is_open(facts->answers))
        facts->answers[0] = 0;
}

/* --- what starts hufud --- */

/* The first file in the folder whose name has this form. */
static bool find_in(const char *folder, const char *form, char ret_path[PATH_MAX])
{
    HUFU_AUTO(closedir_auto) DIR *entries = opendir(folder);
    for (const struct dirent *entry = NULL; entries && (entry = readdir(entries));)
        if (fnmatch(form, entry->d_name, 0) == 0)
            return hufu_path_join(ret_path, folder, entry->d_name);
    return false;
}

struct place {
    const char *folder; /* below the user's configuration when it is relative */
    const char *form;
};

static bool find_one(const struct place *places, size_t count, char ret_path[PATH_MAX])
{
    char config[PATH_MAX];
    char folder[PATH_MAX];
    bool has_config = hufu_path_xdg(config, "XDG_CONFIG_HOME", ".config");
    for (size_t i = 0; i < count; i++) {
        const char *name = places[i].folder;
        if (name[0] == '/' ? find_in(name, places[i].form, ret_path)
                           : has_config && hufu_path_join(folder, config, name) &&
                                 find_in(folder, places[i].form, ret_path))
            return true;
    }
    return false;
}

static void look_at_start(struct hufu_settings_facts *facts)
{
    static const struct place units[] = {
        {"systemd/user", "hufud.s*"},
        {"/etc/systemd/user", "hufud.s*"},
        {"/usr/lib/systemd/user", "hufud.s*"},
        {"/usr/local/lib/systemd/user", "hufud.s*"},
    };
    static const struct place starters[] = {
        {"systemd/user/sockets.target.wants", "hufud.socket"},
        {"systemd/user/default.target.wants", "hufud.service"},
        {"systemd/user/graphical-session.target.wants", "hufud.service"},
        {"/etc/systemd/user/sockets.target.wants", "hufud.socket"},
        {"/etc/systemd/user/default.target.wants", "hufud.service"},
        {"/usr/lib/systemd/user/sockets.target.wants", "hufud.socket"},
        {"/usr/lib/systemd/user/default.target.wants", "hufud.service"},
        {"autostart", "hufud*.desktop"},
        {"/etc/xdg/autostart", "hufud*.desktop"},
    };
    char path[PATH_MAX];
    facts->units = find_one(units, sizeof units / sizeof units[0], path);
    facts->enabled = find_one(starters, sizeof starters / sizeof starters[0], facts->starts);
}

void hufu_look_settings(void *into)
{
    struct hufu_settings_facts *facts = into;
    look_at_settings(facts);
    look_at_sites(facts);
    look_at_start(facts);
    facts->looked = true;
}

/* --- judging --- */

void hufu_judge_settings(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    if (!facts->settings.looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (facts->settings.settings[0][0])
        hufu_found(finding, HUFU_FOUND_SETTINGS_WRONG);
    else
        hufu_found(finding, HUFU_FOUND_SETTINGS_OK);
    if (finding->kind == HUFU_FOUND_SETTINGS_WRONG)
        for (int language = 0; language < 2; language++)
            hufu_found_value(finding, "place", facts->settings.settings[language]);
}

void hufu_judge_start(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    if (!facts->settings.looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (facts->settings.enabled)
        hufu_found(finding, HUFU_FOUND_START_OK);
    else
        hufu_found(finding, facts->settings.units ? HUFU_FOUND_START_OFF : HUFU_FOUND_START_HAND);
    if (finding->kind == HUFU_FOUND_START_OK)
        hufu_found_value(finding, "path", facts->settings.starts);
}
