#include "trust/policy_places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* Tested: the browser here was seen to apply it. Documented: its makers say so. Inferred: neither.
 *
 * The flatpaks of Chrome, Edge and Brave link to the files of /etc (their start scripts), and the
 * snap of Firefox reads /etc/firefox (policy-templates); so they need no rows of their own. */
const struct hufu_policy_place hufu_policy_places[HUFU_POLICY_PLACES] = {
    /* tested: Chromium 156 of Debian */
    {.browser = "Chromium", .package = "", .folder = "/etc/chromium/policies/managed"},
    /* documented: the snap, and the packages of Ubuntu before it */
    {.browser = "Chromium", .package = "snap", .folder = "/etc/chromium-browser/policies/managed"},
    /* documented: README of flathub/org.chromium.Chromium, extension point of version 1 */
    {.browser = "Chromium",
     .package = "flatpak",
     .folder = "/var/lib/flatpak/extension/org.chromium.Chromium.Extension.hufu/%s/1/policies/"
               "managed",
     .needs = "/var/lib/flatpak"},
    /* documented: chromium.org, Linux quick start */
    {.browser = "Chrome", .package = "", .folder = "/etc/opt/chrome/policies/managed"},
    /* documented: learn.microsoft.com, Edge for Linux */
    {.browser = "Edge", .package = "", .folder = "/etc/opt/edge/policies/managed"},
    /* documented: brave/brave-browser issue 12426 */
    {.browser = "Brave", .package = "", .folder = "/etc/brave/policies/managed"},
    /* tested: Firefox ESR 153 of Debian */
    {.browser = "Firefox",
     .package = "",
     .format = HUFU_POLICY_FIREFOX,
     .folder = "/etc/firefox/policies"},
    /* documented: firefox-admin-docs.mozilla.org */
    {.browser = "Firefox",
     .package = "flatpak",
     .format = HUFU_POLICY_FIREFOX,
     .folder = "/var/lib/flatpak/extension/org.mozilla.firefox.systemconfig/%s/stable/policies",
     .needs = "/var/lib/flatpak"},
    /* inferred from Firefox. Only where the administrator has such a file: a new one would put
     * LibreWolf's own policies out of force. */
    {.browser = "LibreWolf",
     .package = "",
     .format = HUFU_POLICY_FIREFOX,
     .folder = "/etc/librewolf/policies",
     .needs = "/etc/librewolf/policies/policies.json"},
};

/* Seen in Firefox's sources, and asked of ESR 153: what is beside the program counts only when
 * there is nothing in /etc. */
static const char *const hidden[] = {
    "/usr/lib/firefox-esr/distribution/policies.json",
    "/usr/lib/firefox/distribution/policies.json",
    "/usr/lib64/firefox/distribution/policies.json",
    "/opt/firefox/distribution/policies.json",
};

static bool exists_below(const char *root, const char *path, char ret_path[PATH_MAX])
{
    struct stat info;
    int len = snprintf(ret_path, PATH_MAX, "%s%s", root, path);
    return len > 0 && len < PATH_MAX && lstat(ret_path, &info) == 0;
}

/* The words of flatpak for a machine are those of the kernel, except for 32 bits. */
static const char *machine(struct utsname *name)
{
    return uname(name) == 0 ? name->machine : "x86_64";
}

bool hufu_policy_place_file(const struct hufu_policy_place *place, const char *root,
                            char ret_path[PATH_MAX])
{
    struct utsname name;
    const char *file = place->format == HUFU_POLICY_FIREFOX ? "policies.json" : "hufu.json";
    if (place->needs && !exists_below(root, place->needs, ret_path))
        return false;
    const char *gap = strstr(place->folder, "%s");
    int before = gap ? (int)(gap - place->folder) : (int)strlen(place->folder);
    int len = snprintf(ret_path, PATH_MAX, "%s%.*s%s%s/%s", root, before, place->folder,
                       gap ? machine(&name) : "", gap ? gap + 2 : "", file);
    return len > 0 && len < PATH_MAX;
}

bool hufu_policy_hidden(const char *root, char ret_path[PATH_MAX])
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (exists_below(root, hidden[i], ret_path))
            return true;
    return false;
}

bool hufu_policy_inside(const char *path, const char *root)
{
    char part[PATH_MAX];
    char real[PATH_MAX] = "";
    char real_root[PATH_MAX];
    if (!realpath(root[0] ? root : "/", real_root))
        return false;
    if (strcmp(real_root, "/") == 0)
        return true;
    snprintf(part, sizeof part, "%s", path);
    char *slash = strrchr(part, '/');
    while (slash && slash != part && !realpath(part, real)) {
        struct stat info;
        if (lstat(part, &info) == 0) /* a link to nowhere: a folder made there is made elsewhere */
            return false;
        *slash = 0;
        slash = strrchr(part, '/');
    }
    size_t len = strlen(real_root);
    return strncmp(real, real_root, len) == 0 && (real[len] == '/' || real[len] == 0);
}
