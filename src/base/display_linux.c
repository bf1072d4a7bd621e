#include "base/display.h"

#include "base/cleanup.h"
#include "base/program.h"

#include <stdlib.h>
#include <string.h>

/* Those of a session; the others are the same in all of a person's sessions. */
static const char *const variables[] = {"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
                                        "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP"};

/* A manager's whole environment has some dozens of variables. */
enum { ENVIRONMENT_MAX = 64 * 1024, MS = 1000 };

/* A value in quotes, as systemctl shows unusual ones, is no display's name. */
static void take(char *line)
{
    char *value = strchr(line, '=');
    if (!value || value[1] == '$')
        return;
    *value++ = 0;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (strcmp(line, variables[i]) == 0)
            (void)setenv(line, value, 1);
}

/* Where there is no manager, nobody misses one. */
void hufu_display_find(void)
{
    static const char *const arguments[] = {"systemctl", "--user", "show-environment", NULL};
    static const struct hufu_program systemctl = {
        .path = "/usr/bin/systemctl", .arguments = arguments, .files[1] = HUFU_PROGRAM_HEARD};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = ENVIRONMENT_MAX};
    if (getenv("DISPLAY") || getenv("WAYLAND_DISPLAY") ||
        hufu_program_run(&systemctl, HUFU_DISPLAY_WAIT_S * MS, &text) != EXIT_SUCCESS)
        return;
    char *rest = strdup(hufu_buf_text(&text));
    for (char *at = rest, *line; (line = strsep(&at, "\n"));)
        take(line);
    free(rest);
}
