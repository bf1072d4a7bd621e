#include "setup/systemd.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "base/program.h"
#include "setup/steps.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stopping takes hufud as long as the slowest call that runs. */
enum { DEADLINE_MS = 90 * 1000, OUTPUT_MAX = 4096, COMMAND_MAX = 8 };

static const char systemctl[] = "/usr/bin/systemctl";

/* The socket comes first: one cannot be started for a service that runs. */
static const struct unit {
    const char *name;
    const char *wanted; /* below ~/.config/systemd/user */
} units[] = {
    {"hufud.socket", "sockets.target.wants/hufud.socket"},
    {"hufud.service", "default.target.wants/hufud.service"},
};
enum { UNITS = sizeof units / sizeof units[0] };

/* One that came by su has a systemd all the same, but not its folder in the environment. */
static bool has_manager(void)
{
    char folder[PATH_MAX];
    char socket[PATH_MAX];
    struct stat info;
    int len = snprintf(folder, sizeof folder, "/run/user/%u", (unsigned)geteuid());
    if (len > 0 && stat(folder, &info) == 0 && info.st_uid == geteuid())
        (void)setenv("XDG_RUNTIME_DIR", folder, 0);
    return access(systemctl, X_OK) == 0 && hufu_path_xdg(folder, "XDG_RUNTIME_DIR", ".") &&
           hufu_path_join(socket, folder, "systemd/private") && access(socket, F_OK) == 0;
}

static int run(const char *verb, struct hufu_buf *ret_output)
{
    const char *arguments[COMMAND_MAX] = {systemctl, "--user", verb};
    for (size_t i = 0; i < UNITS; i++)
        arguments[3 + i] = units[i].name;
    const struct hufu_program program = {
        .arguments = arguments,
        .files = {HUFU_PROGRAM_NOTHING, HUFU_PROGRAM_HEARD, HUFU_PROGRAM_HEARD}};
    return hufu_program_run(&program, DEADLINE_MS, ret_output);
}

static size_t count_lines(const char *text, const char *line)
{
    size_t count = 0;
    size_t len = strlen(line);
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
        count += strncmp(at, line, len) == 0 && (at[len] == '\n' || at[len] == 0);
    return count;
}

/* One line a unit; of one that is not there, an error. */
static enum hufu_units understand(const char *text)
{
    if (count_lines(text, "enabled") == UNITS)
        return HUFU_UNITS_ENABLED;
    if (count_lines(text, "masked"))
        return HUFU_UNITS_MASKED;
    if (count_lines(text, "enabled") + count_lines(text, "disabled") == UNITS)
        return HUFU_UNITS_DISABLED;
    return HUFU_UNITS_NONE;
}

/* Where systemctl keeps what this user wants of a unit. */
static bool find_wish(const struct unit *unit, char ret_path[PATH_MAX])
{
    char config[PATH_MAX];
    char folder[PATH_MAX];
    return hufu_path_xdg(config, "XDG_CONFIG_HOME", ".config") &&
           hufu_path_join(folder, config, "systemd/user") &&
           hufu_path_join(ret_path, folder, unit->wanted);
}

static bool is_own(void)
{
    char path[PATH_MAX];
    struct stat info;
    for (size_t i = 0; i < UNITS; i++)
        if (find_wish(&units[i], path) && lstat(path, &info) == 0)
            return true;
    return false;
}

void hufu_systemd_tidy(void)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < UNITS; i++)
        if (find_wish(&units[i], path)) {
            *strrchr(path, '/') = 0;
            hufu_setup_remove_empty(path);
        }
}

bool hufu_systemd_is_active(void)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf output = {.max = OUTPUT_MAX};
    if (!has_manager())
        return false;
    (void)run("is-active", &output);
    return count_lines(hufu_buf_text(&output), "active") > 0;
}

void hufu_systemd_look(struct hufu_systemd *ret_systemd)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf output = {.max = OUTPUT_MAX};
    *ret_systemd = (struct hufu_systemd){.own = is_own()};
    if (!has_manager())
        return;
    (void)run("is-enabled", &output);
    ret_systemd->units = understand(hufu_buf_text(&output));
}

bool hufu_systemd_do(const char *verb, struct hufu_setup_result *result)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf output = {.max = OUTPUT_MAX};
    if (run(verb, &output) == 0)
        return true;
    hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_SYSTEMD, hufu_buf_text(&output));
    result->cause[strcspn(result->cause, "\n")] = 0;
    return false;
}
