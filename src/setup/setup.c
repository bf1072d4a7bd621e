#include "setup/setup.h"

#include "base/path.h"
#include "setup/steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* In the order in which they are made; they are undone from the end to the beginning, so that hufud
 * has ended before what it uses goes. */
static const struct hufu_setup_step steps[] = {
    {
        .id = "memory",
        .name = {"What hufu wrote down", "虎符的紀錄"},
        .look = hufu_memory_look,
        .undo = hufu_memory_undo,
    },
    {
        .id = "login",
        .name = {"Start at login", "登入時啟動"},
        .look = hufu_login_look,
        .make = hufu_login_make,
        .undo = hufu_login_undo,
    },
    {
        .id = "tray",
        .name = {"Icon in the tray", "系統匣圖示"},
        .look = hufu_tray_look,
        .make = hufu_tray_make,
        .undo = hufu_tray_undo,
    },
    {
        .id = "trust",
        .name = {"Trust of the browsers", "瀏覽器信任"},
        .look = hufu_browsers_look,
        .make = hufu_browsers_make,
        .undo = hufu_browsers_undo,
    },
    {
        .id = "service",
        .name = {"Service", "服務"},
        .look = hufu_service_look,
        .make = hufu_service_make,
        .undo = hufu_service_undo,
    },
    {
        .id = "policy",
        .name = {"Policies of the browsers", "瀏覽器原則"},
        .system = true,
        .look = hufu_policies_look,
        .make = hufu_policies_make,
        .undo = hufu_policies_undo,
    },
};
static const size_t count = sizeof steps / sizeof steps[0];
_Static_assert(sizeof steps / sizeof steps[0] <= HUFU_SETUP_STEPS_MAX, "each has its place");

void hufu_setup_end(struct hufu_setup_result *result, enum hufu_setup_state state,
                    enum hufu_setup_note note, const char *cause)
{
    result->state = state;
    result->note = note;
    snprintf(result->cause, sizeof result->cause, "%s", cause ? cause : "");
}

void hufu_setup_remove_empty(const char *folder)
{
    char home[PATH_MAX];
    char path[PATH_MAX];
    if (!hufu_path_home(home))
        return;
    snprintf(path, sizeof path, "%s", folder);
    size_t len = strlen(home);
    while (strncmp(path, home, len) == 0 && path[len] == '/' && path[len + 1] &&
           (rmdir(path) == 0 || errno == ENOENT))
        *strrchr(path, '/') = 0;
}

static void run_step(const struct hufu_setup_step *step, const struct hufu_setup_order *order,
                     struct hufu_setup_result *result)
{
    step->look(order, result);
    if (result->state != HUFU_SETUP_OPEN)
        return;
    if (order->dry_run) {
        result->state = HUFU_SETUP_CHANGED;
        return;
    }
    struct hufu_setup_result done = {0};
    (order->remove ? step->undo : step->make)(order, &done);
    /* Whether it is as ordered now is seen, and not believed. */
    if (done.state == HUFU_SETUP_OPEN)
        step->look(order, result);
    if (done.state != HUFU_SETUP_OPEN)
        *result = done;
    if (result->state == HUFU_SETUP_OPEN)
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_WITHOUT_EFFECT, NULL);
    else if (result->state == HUFU_SETUP_DONE)
        hufu_setup_end(result, HUFU_SETUP_CHANGED, done.note ? done.note : result->note,
                       done.note ? done.cause : NULL);
}

/* A user's set-up also says of the steps for everybody how they stand. */
static bool belongs(const struct hufu_setup_step *step, const struct hufu_setup_order *order)
{
    if (order->remove)
        return step->system == order->system;
    return step->make && (step->system || !order->system);
}

void hufu_setup_run(const struct hufu_setup_order *order, struct hufu_setup_report *ret_report)
{
    *ret_report = (struct hufu_setup_report){.ok = true};
    for (size_t i = 0; i < count; i++) {
        const struct hufu_setup_step *step = &steps[order->remove ? count - 1 - i : i];
        if (!belongs(step, order))
            continue;
        struct hufu_setup_result *result = &ret_report->results[ret_report->count];
        ret_report->steps[ret_report->count++] = step;
        run_step(step, order, result);
        ret_report->ok &= result->state != HUFU_SETUP_FAILED;
    }
}
