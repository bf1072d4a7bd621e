/* What stands below everything else: hufu's programs, folders, the disk. */
#include "doctor/facts.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/program.h"
#include "wire/settings.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Less than this, and no settings, log or certificate can be written. */
enum { DISK_BYTES_MIN = 1024 * 1024 };

/* One that hangs leaves time for the rest of this part (DEADLINE_MS in doctor.c). */
enum { VERSION_MS = 3000, SAID_MAX = 256 };

static const char *const names[HUFU_PROGRAMS] = {"hufud", "hufu-worker"};
static const bool tells_version[HUFU_PROGRAMS] = {true, false};

static bool runs(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* The second word of what `PATH --version` prints. */
static void ask_version(const char *path, char *ret_version, size_t size)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf said = {.max = SAID_MAX};
    const char *const arguments[] = {path, "--version", NULL};
    const struct hufu_program program = {.arguments = arguments,
                                         .files = {[STDOUT_FILENO] = HUFU_PROGRAM_HEARD}};
    if (hufu_program_run(&program, VERSION_MS, &said) != 0 || said.failed)
        return;
    const char *space = strchr(hufu_buf_text(&said), ' ');
    if (space)
        snprintf(ret_version, size, "%.*s", (int)strcspn(space + 1, "\n"), space + 1);
}

static void look_at_programs(struct hufu_program_facts *facts)
{
    struct stat info;
    for (size_t i = 0; i < HUFU_PROGRAMS; i++) {
        char *path = facts->programs[i].path;
        facts->programs[i].there = hufu_path_beside(path, names[i]) && stat(path, &info) == 0;
        if (!facts->programs[i].there)
            continue;
        facts->programs[i].installed = info.st_ctime;
        facts->programs[i].runs = runs(path);
        if (facts->programs[i].runs && tells_version[i])
            ask_version(path, facts->programs[i].version, sizeof facts->programs[i].version);
    }
}

static bool is_full(const char *path)
{
    struct statvfs info;
    if (statvfs(path, &info))
        return false;
    fsblkcnt_t blocks = geteuid() == 0 ? info.f_bfree : info.f_bavail;
    fsfilcnt_t files = geteuid() == 0 ? info.f_ffree : info.f_favail;
    return blocks < DISK_BYTES_MIN / info.f_frsize || (info.f_files > 0 && files == 0);
}

/* hufu makes what is missing: the first folder above it that is there is what counts. */
static void look_at_folder(struct hufu_program_facts *facts, size_t at, bool writes)
{
    char *path = facts->folders[at].path;
    struct stat info = {0};
    for (char *slash = NULL; stat(path, &info) && (slash = strrchr(path, '/')) && slash != path;)
        *slash = 0;
    facts->folders[at].is_folder = S_ISDIR(info.st_mode);
    facts->folders[at].is_ours = info.st_uid == geteuid();
    facts->folders[at].can_write = access(path, writes ? R_OK | W_OK | X_OK : R_OK | X_OK) == 0;
    facts->folders[at].read_only = !facts->folders[at].can_write && errno == EROFS;
    facts->folders[at].full = writes && is_full(path);
}

static void look_at_home(struct hufu_program_facts *facts)
{
    struct stat info;
    const struct passwd *user = getpwuid(geteuid());
    snprintf(facts->user, sizeof facts->user, "%s", user ? user->pw_name : "");
    facts->umask = umask(077);
    facts->has_home = hufu_path_home(facts->home) && stat(facts->home, &info) == 0 &&
                      S_ISDIR(info.st_mode) && info.st_uid == geteuid();
    if (!facts->has_home)
        return;
    if (hufu_path_config(facts->folders[0].path))
        look_at_folder(facts, 0, false);
    if (hufu_path_data(facts->folders[1].path))
        look_at_folder(facts, 1, true);
    if (hufu_path_state(facts->folders[2].path))
        look_at_folder(facts, 2, true);
}

static void look_at_window(struct hufu_program_facts *facts)
{
    struct hufu_settings settings;
    (void)hufu_settings_read(&settings, NULL);
    snprintf(facts->window, sizeof facts->window, "%s", settings.pinentry);
    facts->window_named = strcmp(settings.pinentry, HUFU_PINENTRY) != 0;
    facts->window_runs = runs(settings.pinentry);
}

void hufu_look_program(void *into)
{
    struct hufu_program_facts *facts = into;
    look_at_programs(facts);
    look_at_home(facts);
    look_at_window(facts);
    facts->looked = true;
}

/* --- judging --- */

static void judge_program(const struct hufu_program_facts *facts, size_t at,
                          struct hufu_finding *finding)
{
    if (!facts->programs[at].there)
        hufu_found(finding, HUFU_FOUND_PROGRAMS_MISSING);
    else if (!facts->programs[at].runs)
        hufu_found(finding, HUFU_FOUND_PROGRAMS_MODE);
    else if (tells_version[at] && strcmp(facts->programs[at].version, HUFU_VERSION) != 0)
        hufu_found(finding, HUFU_FOUND_PROGRAMS_VERSION);
    else
        return;
    hufu_found_value(finding, "program", names[at]);
    hufu_found_value(finding, "path", facts->programs[at].path);
    hufu_found_value(finding, "version", HUFU_VERSION);
    hufu_found_value(finding, "other",
                     facts->programs[at].version[0] ? facts->programs[at].version : "?");
}

void hufu_judge_programs(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    hufu_found(finding, facts->program.looked ? HUFU_FOUND_PROGRAMS_OK : HUFU_FOUND_UNANSWERED);
    hufu_found_value(finding, "version", HUFU_VERSION);
    for (size_t i = HUFU_PROGRAMS; facts->program.looked && i-- > 0;)
        judge_program(&facts->program, i, finding);
}

static enum hufu_finding_kind judge_folder(const struct hufu_program_facts *facts, size_t at)
{
    if (!facts->folders[at].path[0] ||
        (facts->folders[at].is_folder && facts->folders[at].can_write))
        return HUFU_FOUND_HOME_OK;
    if (!facts->folders[at].is_folder)
        return HUFU_FOUND_HOME_NO_FOLDER;
    if (facts->folders[at].read_only)
        return HUFU_FOUND_HOME_READ_ONLY;
    return facts->folders[at].is_ours ? HUFU_FOUND_HOME_MODE : HUFU_FOUND_HOME_OWNER;
}

static void judge_folders(const struct hufu_program_facts *facts, struct hufu_finding *finding)
{
    for (size_t i = 0; i < HUFU_FOLDERS; i++) {
        enum hufu_finding_kind kind = judge_folder(facts, i);
        if (kind == HUFU_FOUND_HOME_OK)
            continue;
        hufu_found(finding, kind);
        hufu_found_value(finding, "path", facts->folders[i].path);
        hufu_found_value(finding, "user", facts->user);
        return;
    }
}

void hufu_judge_home(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_program_facts *program = &facts->program;
    char octal[8];
    hufu_found(finding, program->looked ? HUFU_FOUND_HOME_OK : HUFU_FOUND_UNANSWERED);
    if (!program->looked)
        return;
    if (!program->has_home) {
        hufu_found(finding, HUFU_FOUND_HOME_NONE);
        hufu_found_value(finding, "path", program->home);
        return;
    }
    if (program->umask & S_IRWXU) {
        snprintf(octal, sizeof octal, "%04o", (unsigned)program->umask & 07777);
        hufu_found(finding, HUFU_FOUND_HOME_UMASK);
        hufu_found_value(finding, "umask", octal);
    }
    judge_folders(program, finding);
}

void hufu_judge_disk(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    hufu_found(finding, facts->program.looked ? HUFU_FOUND_DISK_OK : HUFU_FOUND_UNANSWERED);
    for (size_t i = HUFU_FOLDERS; i-- > 0;)
        if (facts->program.folders[i].full) {
            hufu_found(finding, HUFU_FOUND_DISK_FULL);
            hufu_found_value(finding, "path", facts->program.folders[i].path);
        }
}

void hufu_judge_window(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_program_facts *program = &facts->program;
    if (!program->looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (program->window_runs)
        hufu_found(finding, HUFU_FOUND_WINDOW_OK);
    else
        hufu_found(finding,
                   program->window_named ? HUFU_FOUND_WINDOW_NAMED : HUFU_FOUND_WINDOW_MISSING);
    hufu_found_value(finding, "path", program->window);
}
