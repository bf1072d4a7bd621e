/* What starts hufud and the tray: units where the user has a systemd, else the desktop. */
#include "setup/steps.h"

#include "base/path.h"
#include "base/process.h"
#include "setup/autostart.h"
#include "setup/systemd.h"

#include <string.h>
#include <unistd.h>

/* It only closes its windows. */
enum { TRAY_ENDS_MS = 3000 };

static const char service_entry[] = "hufud.desktop";
static const char tray_entry[] = "hufu-tray.desktop";
static const char tray_program[] = "hufu-tray";

/* --- entries of the desktop --- */

static void look_at_making(const char *entry, struct hufu_setup_result *result)
{
    struct hufu_autostart found;
    hufu_autostart_look(entry, &found);
    if (found.strange)
        hufu_setup_end(result, HUFU_SETUP_LEFT, HUFU_SETUP_OWN_FILE, entry);
    else if (found.own ? !found.hidden : found.for_all)
        hufu_setup_end(result, HUFU_SETUP_DONE, HUFU_SETUP_BY_DESKTOP, NULL);
    else
        hufu_setup_end(result, HUFU_SETUP_OPEN, HUFU_SETUP_BY_DESKTOP, NULL);
}

static void make_entry(const struct hufu_setup_order *order, const char *entry,
                       struct hufu_setup_result *result)
{
    struct hufu_autostart found;
    hufu_autostart_look(entry, &found);
    if (found.for_all) /* the user's own was there to keep it off */
        hufu_autostart_remove(entry, result);
    else
        hufu_autostart_write(order->data_folder, entry, false, result);
}

static void look_at_undoing(const struct hufu_setup_order *order, const char *entry,
                            struct hufu_setup_result *result)
{
    struct hufu_autostart found;
    hufu_autostart_look(entry, &found);
    bool keep_off = order->off && found.for_all;
    if (found.strange)
        hufu_setup_end(result, HUFU_SETUP_LEFT, HUFU_SETUP_OWN_FILE, entry);
    else if (keep_off)
        hufu_setup_end(result, found.hidden ? HUFU_SETUP_DONE : HUFU_SETUP_OPEN,
                       HUFU_SETUP_KEPT_OFF, NULL);
    else
        hufu_setup_end(result, found.own ? HUFU_SETUP_OPEN : HUFU_SETUP_DONE,
                       found.for_all ? HUFU_SETUP_FOR_ALL : HUFU_SETUP_NO_NOTE, NULL);
}

static void undo_entry(const struct hufu_setup_order *order, const char *entry,
                       struct hufu_setup_result *result)
{
    struct hufu_autostart found;
    hufu_autostart_look(entry, &found);
    if (found.strange)
        return;
    if (order->off && found.for_all)
        hufu_autostart_write(order->data_folder, entry, true, result);
    else if (found.own)
        hufu_autostart_remove(entry, result);
}

/* --- hufud --- */

/* What is still to be done counts more than what is. */
static void combine(struct hufu_setup_result *result, const struct hufu_setup_result *other)
{
    if (result->state == HUFU_SETUP_OPEN)
        return;
    if (other->state != HUFU_SETUP_DONE || (other->note && !result->note))
        *result = *other;
}

static void look_at_masking(const struct hufu_setup_order *order,
                            const struct hufu_systemd *systemd, struct hufu_setup_result *result)
{
    bool for_all = systemd->units == HUFU_UNITS_ENABLED && !systemd->own;
    struct hufu_setup_result entry = {0};
    *result = (struct hufu_setup_result){.state = HUFU_SETUP_DONE};
    if (systemd->units == HUFU_UNITS_MASKED)
        hufu_setup_end(result, order->off ? HUFU_SETUP_DONE : HUFU_SETUP_OPEN, HUFU_SETUP_KEPT_OFF,
                       NULL);
    else if (systemd->own || (order->off && for_all))
        hufu_setup_end(result, HUFU_SETUP_OPEN, HUFU_SETUP_BY_UNITS, NULL);
    else if (for_all)
        result->note = HUFU_SETUP_FOR_ALL;
    look_at_undoing(order, service_entry, &entry);
    combine(result, &entry);
}

void hufu_login_look(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    struct hufu_systemd systemd;
    hufu_systemd_look(&systemd);
    if (order->remove)
        look_at_masking(order, &systemd, result);
    else if (systemd.units == HUFU_UNITS_NONE)
        look_at_making(service_entry, result);
    else
        hufu_setup_end(result,
                       systemd.units == HUFU_UNITS_ENABLED ? HUFU_SETUP_DONE : HUFU_SETUP_OPEN,
                       HUFU_SETUP_BY_UNITS, NULL);
}

void hufu_login_make(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    struct hufu_systemd systemd;
    hufu_systemd_look(&systemd);
    if (systemd.units == HUFU_UNITS_NONE) {
        make_entry(order, service_entry, result);
        return;
    }
    if (systemd.units == HUFU_UNITS_MASKED && !hufu_systemd_do("unmask", result))
        return;
    hufu_systemd_look(&systemd);
    if (systemd.units != HUFU_UNITS_ENABLED)
        (void)hufu_systemd_do("enable", result);
}

void hufu_login_undo(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    struct hufu_systemd systemd;
    undo_entry(order, service_entry, result);
    hufu_systemd_look(&systemd);
    if (systemd.own && !hufu_systemd_do("disable", result))
        return;
    hufu_systemd_look(&systemd);
    if (systemd.units == HUFU_UNITS_MASKED && !order->off)
        (void)hufu_systemd_do("unmask", result);
    else if (systemd.units == HUFU_UNITS_ENABLED && order->off)
        (void)hufu_systemd_do("mask", result);
    hufu_systemd_tidy();
}

/* --- the tray --- */

static bool has_tray(void)
{
    char path[PATH_MAX];
    return hufu_path_beside(path, tray_program) && access(path, X_OK) == 0;
}

struct search {
    int grace_ms; /* of those that are to be ended; 0: none is */
    bool found;
    bool stayed;
};

static bool look_at(void *context, pid_t pid)
{
    struct search *search = context;
    struct hufu_process process;
    if (pid == getpid() || !hufu_process_look(pid, &process) ||
        strcmp(process.name, tray_program) != 0)
        return true;
    search->found = true;
    if (search->grace_ms && !hufu_process_end(&process, search->grace_ms))
        search->stayed = true;
    return true;
}

static bool tray_runs(void)
{
    struct search search = {0};
    hufu_process_each(look_at, &search);
    return search.found;
}

static bool end_tray(void)
{
    struct search search = {.grace_ms = TRAY_ENDS_MS};
    hufu_process_each(look_at, &search);
    return !search.stayed;
}

void hufu_tray_look(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    if (order->remove) {
        look_at_undoing(order, tray_entry, result);
        if (tray_runs())
            result->state = HUFU_SETUP_OPEN;
    } else if (has_tray())
        look_at_making(tray_entry, result);
    else
        hufu_setup_end(result, HUFU_SETUP_LEFT, HUFU_SETUP_NO_PROGRAM, NULL);
}

void hufu_tray_make(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    make_entry(order, tray_entry, result);
}

void hufu_tray_undo(const struct hufu_setup_order *order, struct hufu_setup_result *result)
{
    if (!end_tray())
        hufu_setup_end(result, HUFU_SETUP_FAILED, HUFU_SETUP_NOT_ENDED, tray_program);
    undo_entry(order, tray_entry, result);
}
