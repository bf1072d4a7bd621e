#include "trust/salvage.h"

#include "trust/sqlite.h"
#include "trust/trial.h"

#include "home.h"

enum { TARGET_MAX = 1024 * 1024 };

/* A database as NSS makes it: that of certificates and that of keys. */
static struct hufu_buf targets[2] = {{.max = TARGET_MAX}, {.max = TARGET_MAX}};
static const char *const names[2] = {"fresh/cert9.db", "fresh/key4.db"};

static void make_targets(void)
{
    home_folder("fresh");
    require(hufu_trial_passes(home_path("fresh"), true));
    for (int i = 0; i < 2; i++)
        require(hufu_file_read(home_path(names[i]), &targets[i]) == 0);
}

static void salvage_into(int kind)
{
    char damaged[PATH_MAX];
    char target[PATH_MAX];
    struct hufu_salvage salvage = {0};
    snprintf(damaged, sizeof damaged, "%s", home_path("damaged.db"));
    snprintf(target, sizeof target, "%s", home_path("target.db"));
    home_write("target.db", targets[kind].data, targets[kind].len);
    if (hufu_salvage(damaged, damaged, target, &salvage, NULL) == HUFU_OK)
        require(kind == 1 || !salvage.password);
    require(hufu_database_check(target, true) == HUFU_DATABASE_SOUND);
}

/* The input is a database that somebody damaged, or made up. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (home_make())
        make_targets();
    home_write("damaged.db", data, len);
    (void)hufu_database_check(home_path("damaged.db"), false);
    for (int kind = 0; kind < 2; kind++)
        salvage_into(kind);
    return 0;
}
