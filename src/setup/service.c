/* That hufud runs now. */
#include "setup/steps.h"

#include "base/path.h"
#include "setup/program.h"
#include "setup/systemd.h"

#include <stddef.h>

static const char service[] = "hufud";

/* It waits for a new hufud to answer; hufud lets the calls that run end. */
enum { RESTART_MS = 60 * 1000, END_MS = 15 * 1000 };

void hufu_service_look(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    bool runs = hufu_program_runs(service);
    if (order->remove)
        result->state = runs || hufu_systemd_is_active() ? HUFU_SETUP_OPEN : HUFU_SETUP_DONE;
    else
        result->state = runs ? HUFU_SETUP_DONE : HUFU_SETUP_OPEN;
}

void hufu_service_make(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    char hufu[PATH_MAX];
    (void)order;
    const char *const arguments[] = {hufu, "restart", NULL};
    if (!hufu_path_beside(hufu, "hufu") || hufu_program_run(arguments, RESTART_MS, NULL) != 0)
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_NOT_STARTED, NULL);
}

void hufu_service_undo(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    (void)order;
    if (hufu_systemd_is_active() && !hufu_systemd_do("stop", result))
        return;
    if (!hufu_program_end(service, END_MS))
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_NOT_ENDED, service);
}
