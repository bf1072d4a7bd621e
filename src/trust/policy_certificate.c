#include "trust/policy_certificate.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "trust/policy_json.h"
#include "trust/policy_places.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

/* Asked of Firefox ESR 153: ~/.mozilla, also for those who have their profiles in ~/.config. In the
 * snap and the flatpak the home is another folder (documented). */
static const struct place {
    const char *needs; /* used when this is there; "" is the home */
    const char *folder;
} places[] = {
    {.needs = "", .folder = ".mozilla"},
    {.needs = "snap/firefox/common", .folder = "snap/firefox/common/.mozilla"},
    {.needs = ".var/app/org.mozilla.firefox", .folder = ".var/app/org.mozilla.firefox/.mozilla"},
};

bool hufu_policy_wants_certificate(void)
{
    bool wanted = false;
    for (size_t i = 0; i < HUFU_POLICY_PLACES; i++) {
        char path[PATH_MAX];
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_POLICY_TEXT_MAX};
        if (hufu_policy_places[i].format == HUFU_POLICY_FIREFOX &&
            hufu_policy_place_file(&hufu_policy_places[i], "", path) &&
            hufu_file_read(path, &text) == 0)
            wanted |= hufu_policy_firefox_names_certificate(hufu_buf_bytes(&text));
    }
    return wanted;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The folder of certificates, and the one around it; false when the place is not used. */
static bool locate(const struct place *place, const char *home, char ret_around[PATH_MAX],
                   char ret_folder[PATH_MAX], char ret_file[PATH_MAX])
{
    char needs[PATH_MAX];
    return hufu_path_join(needs, home, place->needs) && is_folder(needs) &&
           hufu_path_join(ret_around, home, place->folder) &&
           hufu_path_join(ret_folder, ret_around, "certificates") &&
           hufu_path_join(ret_file, ret_folder, HUFU_POLICY_CERTIFICATE) &&
           hufu_policy_inside(ret_file, home);
}

static bool holds(const char *path, struct hufu_bytes content)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = content.len};
    return hufu_file_read(path, &text) == 0 && text.len == content.len &&
           memcmp(text.data, content.data, content.len) == 0;
}

static int place_one(const char *folder, const char *file, struct hufu_bytes leaf)
{
    if (holds(file, leaf))
        return 0;
    int problem = hufu_folder_make(folder, FOLDER_MODE);
    return problem ? problem : hufu_file_write(file, FILE_MODE, leaf);
}

int hufu_policy_place_certificate(struct hufu_bytes leaf)
{
    char home[PATH_MAX];
    int first = 0;
    if (!hufu_path_home(home))
        return ENOENT;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char around[PATH_MAX];
        char folder[PATH_MAX];
        char file[PATH_MAX];
        int problem =
            locate(&places[i], home, around, folder, file) ? place_one(folder, file, leaf) : 0;
        first = first ? first : problem;
    }
    return first;
}

void hufu_policy_take_certificate(void)
{
    char home[PATH_MAX];
    if (!hufu_path_home(home))
        return;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char around[PATH_MAX];
        char folder[PATH_MAX];
        char file[PATH_MAX];
        if (locate(&places[i], home, around, folder, file) && unlink(file) == 0 &&
            rmdir(folder) == 0)
            rmdir(around);
    }
}
