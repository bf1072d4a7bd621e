#include "trust/policy_certificate.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "trust/policy_json.h"
#include "trust/policy_places.h"
#include "trust/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600 };

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

bool hufu_policy_wants_certificates(void)
{
    bool wanted = false;
    for (size_t i = 0; i < HUFU_POLICY_PLACES; i++) {
        char path[PATH_MAX];
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_POLICY_TEXT_MAX};
        if (hufu_policy_places[i].format == HUFU_POLICY_FIREFOX &&
            hufu_policy_place_file(&hufu_policy_places[i], "", path) &&
            hufu_file_read(path, &text) == 0)
            wanted |= hufu_policy_firefox_names_certificates(hufu_buf_bytes(&text));
    }
    return wanted;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The folder of certificates; false when the place is not used, or leads elsewhere. */
static bool locate(const struct place *place, const char *home, char ret_folder[PATH_MAX])
{
    char needs[PATH_MAX];
    char around[PATH_MAX];
    return hufu_path_join(needs, home, place->needs) && is_folder(needs) &&
           hufu_path_join(around, home, place->folder) &&
           hufu_path_join(ret_folder, around, "certificates") &&
           hufu_policy_inside(ret_folder, home);
}

static bool holds(const char *path, struct hufu_bytes content)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = content.len};
    return hufu_file_read(path, &text) == 0 && text.len == content.len &&
           memcmp(text.data, content.data, content.len) == 0;
}

static enum hufu_status place_one(const char *folder, const char *name, struct hufu_bytes leaf,
                                  struct hufu_error *err)
{
    char path[PATH_MAX];
    if (!hufu_path_join(path, folder, name))
        return hufu_fail(err, HUFU_E_STORE, "path too long");
    if (holds(path, leaf))
        return HUFU_OK;
    HUFU_TRY(hufu_record_make(folder, name, err));
    int problem = hufu_file_write(path, FILE_MODE, leaf);
    return problem
               ? hufu_fail_from(err, HUFU_E_STORE, HUFU_ORIGIN_ERRNO, (unsigned long)problem, path)
               : HUFU_OK;
}

enum hufu_status hufu_policy_place_certificates(const struct hufu_bytes *leaves, size_t count,
                                                struct hufu_error *err)
{
    char home[PATH_MAX];
    char folder[PATH_MAX];
    if (!hufu_path_home(home))
        return hufu_fail(err, HUFU_E_STORE, "HOME is not set");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (size_t j = 0; j < HUFU_POLICY_CERTIFICATES && locate(&places[i], home, folder); j++)
            HUFU_TRY(place_one(folder, hufu_policy_certificates[j],
                               leaves[j < count ? j : count - 1], err));
    return HUFU_OK;
}

void hufu_policy_take_certificates(void)
{
    char home[PATH_MAX];
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (!hufu_path_home(home))
        return;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (size_t j = 0; j < HUFU_POLICY_CERTIFICATES && locate(&places[i], home, folder); j++)
            if (hufu_path_join(path, folder, hufu_policy_certificates[j]))
                unlink(path);
}
