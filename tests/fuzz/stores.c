#include "trust/stores.h"

#include "home.h"

/* A store that may be changed is a folder of the user's own, below HOME and with no link on the
 * way. */
static void require_own(const struct hufu_store *store)
{
    char real[PATH_MAX];
    struct stat info;
    require(strncmp(store->path, home, strlen(home)) == 0 && !strstr(store->path, "/../"));
    if (lstat(store->path, &info) == 0)
        require(S_ISDIR(info.st_mode) && info.st_uid == geteuid() && realpath(store->path, real) &&
                strncmp(real, home, strlen(home)) == 0);
}

/* The input is a profiles.ini of Firefox, and its installs.ini. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = {0};
    if (home_make()) {
        home_folder(".mozilla/firefox/one.default");
        home_folder(".mozilla/firefox/Profiles/two");
        home_folder("above");
        require(symlink("/tmp", home_path(".mozilla/firefox/link")) == 0);
    }
    home_write(".mozilla/firefox/profiles.ini", data, len);
    home_write(".mozilla/firefox/installs.ini", data, len);
    require(hufu_stores_find(&stores, NULL) == HUFU_OK);
    for (size_t i = 0; i < stores.count; i++)
        if (stores.items[i].answer.state != HUFU_TRUST_REFUSED)
            require_own(&stores.items[i]);
    return 0;
}
