/* That hufud runs now. */
#include "setup/steps.h"

#include "base/path.h"
#include "base/process.h"
#include "base/program.h"
#include "setup/systemd.h"
#include "wire/alive.h"

#include <stddef.h>

/* It waits for a new hufud to answer, and for the calls of the one before. */
enum { RESTART_MS = 60 * 1000 };

/* It lets the calls that run end, and gives slow pages five seconds for their answers. */
enum { END_MS = 10 * 1000 };

void hufu_service_look(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    struct hufu_process process;
    enum hufu_alive alive = hufu_alive_find(&process);
    bool done = order->remove ? alive == HUFU_ALIVE_NONE && !hufu_systemd_is_active()
                              : alive == HUFU_ALIVE_ANSWERS;
    result->state = done ? HUFU_SETUP_DONE : HUFU_SETUP_OPEN;
}

/* As at the next login, so that systemd has the ports then and not a hufud of another session. */
static bool start_units(void)
{
    struct hufu_systemd systemd;
    struct hufu_setup_result result = {0};
    hufu_systemd_look(&systemd);
    return systemd.units == HUFU_UNITS_ENABLED && !hufu_systemd_is_active() &&
           hufu_systemd_do("start", &result);
}

void hufu_service_make(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    char hufu[PATH_MAX];
    (void)order;
    if (start_units())
        return;
    const char *const arguments[] = {hufu, "restart", NULL};
    const struct hufu_program restart = {.arguments = arguments};
    if (!hufu_path_beside(hufu, "hufu") || hufu_program_run(&restart, RESTART_MS, NULL) != 0)
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_NOT_STARTED, NULL);
}

void hufu_service_undo(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    struct hufu_process process;
    (void)order;
    if (hufu_systemd_is_active() && !hufu_systemd_do("stop", result))
        return;
    if (hufu_alive_find(&process) != HUFU_ALIVE_NONE && !hufu_process_end(&process, END_MS))
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_NOT_ENDED, "hufud");
}
