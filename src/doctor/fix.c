#include "doctor/doctor.h"

#include "base/path.h"
#include "base/program.h"
#include "crypto/leaf.h"
#include "sites/sites.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 4 };

static bool mend_modes(void);

static const struct row {
    const char *name;
    const char *text[2];
    const char *program; /* beside this one, or an absolute path */
    bool beside;
    const char *arguments[ARGUMENTS_MAX + 1];
    bool (*run)(void);
} rows[HUFU_FIX_COUNT] = {
    [HUFU_FIX_NONE] = {.text = {"", ""}},
    [HUFU_FIX_RESTART] = {.name = "restart",
                          .text = {"Start hufud anew (hufu restart)",
                                   "重新啟動 hufud（hufu restart）"},
                          .program = "hufu",
                          .beside = true,
                          .arguments = {"hufu", "restart"}},
    [HUFU_FIX_INSTALL] = {.name = "install",
                          .text = {"Have the browsers trust hufu (hufu trust install)",
                                   "讓瀏覽器信任虎符（hufu trust install）"},
                          .program = "hufu",
                          .beside = true,
                          .arguments = {"hufu", "trust", "install"}},
    [HUFU_FIX_REPAIR] = {.name = "repair",
                         .text = {"Mend the browsers' certificate databases (hufu trust repair)",
                                  "修復瀏覽器的憑證資料庫（hufu trust repair）"},
                         .program = "hufu",
                         .beside = true,
                         .arguments = {"hufu", "trust", "repair"}},
    [HUFU_FIX_MODES] = {.name = "modes",
                        .text = {"Give your own files of hufu the modes that they should have",
                                 "將您的虎符檔案恢復為應有的權限"},
                        .run = mend_modes},
    [HUFU_FIX_RELEASE] = {.name = "release",
                          .text = {"Have GnuPG let go of the card (gpgconf --kill scdaemon)",
                                   "讓 GnuPG 釋出卡片（gpgconf --kill scdaemon）"},
                          .program = "/usr/bin/gpgconf",
                          .arguments = {"gpgconf", "--kill", "scdaemon"}},
};

const char *hufu_fix_name(enum hufu_fix fix)
{
    return rows[fix].name;
}

const char *hufu_fix_text(enum hufu_fix fix, enum hufu_language language)
{
    return rows[fix].text[language];
}

/* --- modes --- */

/* Nothing is made, no link is followed, and what belongs to somebody else stays as it is. */
static bool set_mode(const char *path, mode_t type, mode_t add, mode_t take)
{
    struct stat info;
    if (lstat(path, &info))
        return errno == ENOENT;
    if ((info.st_mode & S_IFMT) != type || info.st_uid != geteuid())
        return false;
    mode_t mode = (info.st_mode | add) & ~take & 07777;
    return mode == (info.st_mode & 07777) || chmod(path, mode) == 0;
}

static bool mend_file(const char *folder, const char *name)
{
    char path[PATH_MAX];
    return hufu_path_join(path, folder, name) &&
           set_mode(path, S_IFREG, S_IRUSR | S_IWUSR, S_IRWXG | S_IRWXO);
}

static bool mend_modes(void)
{
    char config[PATH_MAX];
    char data[PATH_MAX];
    char state[PATH_MAX];
    if (!hufu_path_config(config) || !hufu_path_data(data) || !hufu_path_state(state))
        return false;
    bool folders = set_mode(config, S_IFDIR, S_IRWXU, 0) && set_mode(data, S_IFDIR, S_IRWXU, 0) &&
                   set_mode(state, S_IFDIR, S_IRWXU, S_IWGRP | S_IWOTH);
    return mend_file(data, "tls/leaf.key") && mend_file(state, HUFU_SITES_FILE) && folders;
}

/* --- programs --- */

/* A person may be asked something; what doctor prints may be for a program. */
static bool run_program(const struct row *row)
{
    char path[PATH_MAX];
    const struct hufu_program program = {
        .path = row->beside ? path : row->program,
        .arguments = row->arguments,
        .files = {HUFU_PROGRAM_INPUT, HUFU_PROGRAM_ERRORS, HUFU_PROGRAM_ERRORS}};
    fflush(stdout);
    return (!row->beside || hufu_path_beside(path, row->program)) &&
           hufu_program_run(&program, 0, NULL) == 0;
}

bool hufu_fix_do(enum hufu_fix fix)
{
    const struct row *row = &rows[fix];
    if (row->run)
        return row->run();
    return row->program && run_program(row);
}
