#include "trust/places.h"

#include "base/cleanup.h"
#include "base/path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A browser of Chromium's family below the folder that its package gives it as HOME and, with
 * `data`, as XDG_DATA_HOME. */
#define CHROMIUM(name, kind, home, data)                                                           \
    {.browser = name,                                                                              \
     .package = kind,                                                                              \
     .layout = HUFU_PLACE_OLD_DATABASE,                                                            \
     .path = home "/.pki",                                                                         \
     .own = home},                                                                                 \
    {                                                                                              \
        .browser = name, .package = kind, .layout = HUFU_PLACE_DATABASE, .path = home data "/pki", \
        .own = home                                                                                \
    }
#define CHROMIUM_SNAP(name, snap)  CHROMIUM(name, "snap", "snap/" snap "/current", "/.local/share")
#define CHROMIUM_FLATPAK(name, id) CHROMIUM(name, "flatpak", ".var/app/" id, "/data")

#define PROFILES(name, kind, folder)                                                               \
    {                                                                                              \
        .browser = name, .package = kind, .layout = HUFU_PLACE_PROFILES, .path = folder            \
    }
#define XDG_PROFILES(name, folder)                                                                 \
    {                                                                                              \
        .browser = name, .base = HUFU_PLACE_CONFIG, .layout = HUFU_PLACE_PROFILES, .path = folder, \
        .package = ""                                                                              \
    }
#define MAIL(kind, folder)                                                                         \
    {                                                                                              \
        .browser = "Thunderbird", .package = kind, .layout = HUFU_PLACE_PROFILES, .path = folder,  \
        .mail = true                                                                               \
    }

/* measured: a browser was watched there. documented: its own packaging or manual says so.
 * seen: programs that look for it, and people who ask about it, agree. inferred: by the rule of
 * its relatives. */
const struct hufu_place hufu_places[] = {
    /* Measured with Chromium 156; Chrome, Edge, Brave and Vivaldi share it. */
    {.browser = "Chromium", .package = "", .layout = HUFU_PLACE_OLD_DATABASE, .path = ".pki"},
    {.browser = "Chromium",
     .package = "",
     .base = HUFU_PLACE_DATA,
     .layout = HUFU_PLACE_DATABASE,
     .path = "pki"},

    /* Seen. snapd sets HOME to `current`, a link to the folder of the revision, whose content it
     * takes along to the next one. `common` has the profiles, but no database. */
    CHROMIUM_SNAP("Chromium", "chromium"),
    CHROMIUM_SNAP("Brave", "brave"),
    CHROMIUM_SNAP("Opera", "opera"),

    /* Documented for Brave and Edge, whose manifests keep .pki for this purpose; the others are
     * seen. Chromium itself is given the real HOME, so that its old place is the first row. */
    CHROMIUM_FLATPAK("Chromium", "org.chromium.Chromium"),
    CHROMIUM_FLATPAK("Chromium", "io.github.ungoogled_software.ungoogled_chromium"),
    CHROMIUM_FLATPAK("Chrome", "com.google.Chrome"),
    CHROMIUM_FLATPAK("Chrome", "com.google.ChromeDev"),
    CHROMIUM_FLATPAK("Edge", "com.microsoft.Edge"),
    CHROMIUM_FLATPAK("Edge", "com.microsoft.EdgeDev"),
    CHROMIUM_FLATPAK("Brave", "com.brave.Browser"),
    CHROMIUM_FLATPAK("Vivaldi", "com.vivaldi.Vivaldi"),
    CHROMIUM_FLATPAK("Opera", "com.opera.Opera"),

    /* Measured with Firefox ESR 153, which shares them with every other native Firefox. */
    PROFILES("Firefox", "", ".mozilla/firefox"),
    XDG_PROFILES("Firefox", "mozilla/firefox"),
    /* Seen; the snap was watched not to use .config. */
    PROFILES("Firefox", "snap", "snap/firefox/common/.mozilla/firefox"),
    /* Seen: until Firefox 146, and since. */
    PROFILES("Firefox", "flatpak", ".var/app/org.mozilla.firefox/.mozilla/firefox"),
    PROFILES("Firefox", "flatpak", ".var/app/org.mozilla.firefox/config/mozilla/firefox"),

    /* Seen, all of them. */
    PROFILES("LibreWolf", "", ".librewolf"),
    XDG_PROFILES("LibreWolf", "librewolf/librewolf"),
    PROFILES("LibreWolf", "flatpak", ".var/app/io.gitlab.librewolf-community/.librewolf"),
    PROFILES("LibreWolf", "flatpak",
             ".var/app/io.gitlab.librewolf-community/config/librewolf/librewolf"),
    PROFILES("Zen", "", ".zen"),
    XDG_PROFILES("Zen", "zen"),
    PROFILES("Zen", "flatpak", ".var/app/app.zen_browser.zen/.zen"),
    PROFILES("Zen", "flatpak", ".var/app/app.zen_browser.zen/config/zen"),
    PROFILES("Waterfox", "", ".waterfox"),
    PROFILES("Waterfox", "flatpak", ".var/app/net.waterfox.waterfox/.waterfox"),
    PROFILES("Floorp", "", ".floorp"),
    PROFILES("Floorp", "flatpak", ".var/app/one.ablaze.floorp/.floorp"),

    /* Documented for the flatpak of the first name, seen for the others. */
    MAIL("", ".thunderbird"),
    MAIL("snap", "snap/thunderbird/common/.thunderbird"),
    MAIL("flatpak", ".var/app/org.mozilla.Thunderbird/.thunderbird"),
    MAIL("flatpak", ".var/app/net.thunderbird.Thunderbird/.thunderbird"),
};

const size_t hufu_place_count = sizeof hufu_places / sizeof hufu_places[0];

static bool is_inside(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    if (len == 1) /* only / ends with a slash, and everything is inside */
        return true;
    return len && strncmp(path, folder, len) == 0 && (path[len] == '/' || !path[len]);
}

static const char *judge_home(const char *home)
{
    struct stat info;
    if (stat(home, &info))
        return "HOME cannot be opened";
    if (!S_ISDIR(info.st_mode))
        return "HOME is not a folder";
    return info.st_uid == geteuid() ? NULL : "HOME belongs to another user";
}

enum hufu_status hufu_places_bases(struct hufu_places_bases *ret_bases, struct hufu_error *err)
{
    struct hufu_places_bases bases = {0};
    if (!hufu_path_home(bases.path[HUFU_PLACE_HOME]) ||
        !hufu_path_xdg(bases.path[HUFU_PLACE_CONFIG], "XDG_CONFIG_HOME", ".config") ||
        !hufu_path_xdg(bases.path[HUFU_PLACE_DATA], "XDG_DATA_HOME", ".local/share"))
        return hufu_fail(err, HUFU_E_HOME, "HOME is not set or too long");
    const char *problem = judge_home(bases.path[HUFU_PLACE_HOME]);
    if (problem)
        return hufu_fail(err, HUFU_E_HOME, problem);
    for (size_t i = 0; i < HUFU_PLACE_BASE_COUNT; i++)
        if ((i != HUFU_PLACE_HOME && is_inside(bases.path[i], bases.path[HUFU_PLACE_HOME])) ||
            !realpath(bases.path[i], bases.real[i]))
            bases.real[i][0] = 0;
    *ret_bases = bases;
    return HUFU_OK;
}

bool hufu_places_hold(const struct hufu_places_bases *bases, const char *real)
{
    for (size_t i = 0; i < HUFU_PLACE_BASE_COUNT; i++)
        if (is_inside(real, bases->real[i]))
            return true;
    return false;
}

static void name_paths(const char *root, enum hufu_place_layout layout, hufu_places_path *each,
                       void *context)
{
    static const char *const of_profiles[] = {"", "profiles.ini", "installs.ini", NULL};
    static const char *const of_database[] = {"nssdb", NULL};
    char path[PATH_MAX];
    for (const char *const *name = layout == HUFU_PLACE_PROFILES ? of_profiles : of_database; *name;
         name++)
        if (hufu_path_join(path, root, *name))
            each(context, (*name)[0] ? path : root);
}

enum hufu_status hufu_places_each(bool mail, hufu_places_path *each, void *context,
                                  struct hufu_error *err)
{
    struct hufu_places_bases bases;
    HUFU_TRY(hufu_places_bases(&bases, err));
    for (size_t i = 0; i < hufu_place_count; i++) {
        const struct hufu_place *place = &hufu_places[i];
        char root[PATH_MAX];
        if ((mail || !place->mail) && hufu_path_join(root, bases.path[place->base], place->path))
            name_paths(root, place->layout, each, context);
    }
    return HUFU_OK;
}
