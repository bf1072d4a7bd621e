#include "service/programs.h"

#include "base/path.h"

struct hufu_monitor *hufu_programs_start(const char *pinentry)
{
    static const char *const worker_arguments[] = {"hufu-worker", NULL};
    static const char *const pinentry_arguments[] = {"pinentry", NULL};
    static const char *const watch_arguments[] = {"hufu", "trust", "watch", NULL};
    static const char *const card_arguments[] = {"hufu", "card", "--json", "--follow", NULL};
    static const char *const again_arguments[] = {"hufu", "trust", "watch", "--again", NULL};
    char worker[PATH_MAX];
    char hufu[PATH_MAX];
    const struct hufu_monitor_program programs[] = {
        [HUFU_PROGRAM_WORKER] = {worker, worker_arguments, .talks_on_stdout = false},
        [HUFU_PROGRAM_PINENTRY] = {pinentry, pinentry_arguments, .talks_on_stdout = true,
                                   .opens_window = true},
        [HUFU_PROGRAM_WATCH] = {hufu, watch_arguments, .talks_on_stdout = true},
        [HUFU_PROGRAM_WATCH_AGAIN] = {hufu, again_arguments, .talks_on_stdout = true},
        [HUFU_PROGRAM_CARD] = {hufu, card_arguments, .talks_on_stdout = true},
    };
    if (!hufu_path_beside(worker, "hufu-worker") || !hufu_path_beside(hufu, "hufu"))
        return NULL;
    return hufu_monitor_start(programs, sizeof programs / sizeof programs[0]);
}
