/* What a person does with the menu. */
#include "base/log.h"
#include "tray/tray.h"

#include <string.h>

/* hufud's new life, and trust everywhere: a second each; ten browsers on a slow disk take longer.
 */
enum { RESTART_DEADLINE_S = 120 };

static void on_page_ended(void *context, int status);
static void on_restarted(void *context, int status);

static const struct hufu_tray_program open_page = {
    .arguments = (const char *const[]){"hufu", "open", NULL},
    .lasts = true, /* until the person closes the page */
    .ended = on_page_ended,
};

static const struct hufu_tray_program restart = {
    .arguments = (const char *const[]){"hufu", "restart", NULL},
    .deadline_s = RESTART_DEADLINE_S,
    .lasts = true, /* hufud may be what it leaves */
    .ended = on_restarted,
};

/* A note beside the panel: nobody watches the menu while something runs. Not all desktops have
 * notes; that is no failure. */
static void notify(struct hufu_tray *tray, const char *icon, enum hufu_text text)
{
    (void)sd_bus_call_method_async(
        tray->bus, NULL, "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications", "Notify", NULL, NULL, "susssasa{sv}i", "hufu", (uint32_t)0,
        icon, hufu_tray_text(tray, HUFU_TEXT_WINDOW_TITLE), hufu_tray_text(tray, text), 0, 0, -1);
}

/* --- the page --- */

static void on_page_ended(void *context, int status)
{
    struct hufu_tray *tray = context;
    if (status) {
        hufu_log("hufu open has failed, status %d", status);
        notify(tray, "hufu-trouble", HUFU_TEXT_TRAY_OPEN_FAILED);
    }
    hufu_look_soon(tray); /* a person may have mended something there */
}

void hufu_act_open(struct hufu_tray *tray)
{
    size_t i = 0;
    while (i < HUFU_TRAY_PAGES_MAX && tray->pages[i])
        i++;
    if (i == HUFU_TRAY_PAGES_MAX)
        return; /* there are enough to look at */
    int problem = hufu_run_start(tray->loop, tray->hufu, &open_page, tray, &tray->pages[i]);
    if (problem) {
        hufu_log("cannot start hufu open: %s", strerror(problem));
        notify(tray, "hufu-trouble", HUFU_TEXT_TRAY_OPEN_FAILED);
    }
}

/* --- restart --- */

static void on_restarted(void *context, int status)
{
    struct hufu_tray *tray = context;
    if (status)
        hufu_log("hufu restart has failed, status %d", status);
    notify(tray, status ? "hufu-trouble" : "hufu-ready",
           status ? HUFU_TEXT_TRAY_RESTART_FAILED : HUFU_TEXT_TRAY_RESTARTED);
    hufu_menu_changed(tray);
    hufu_look_soon(tray);
}

void hufu_act_restart(struct hufu_tray *tray)
{
    int problem = hufu_run_start(tray->loop, tray->hufu, &restart, tray, &tray->restarting);
    if (problem) {
        hufu_log("cannot start hufu restart: %s", strerror(problem));
        notify(tray, "hufu-trouble", HUFU_TEXT_TRAY_RESTART_FAILED);
    }
    hufu_menu_changed(tray);
}

/* --- the rest --- */

/* Where it cannot be kept, it is good for as long as the tray runs. */
void hufu_act_choose(struct hufu_tray *tray, enum hufu_tray_choice choice)
{
    int problem = hufu_choice_write(choice);
    if (problem)
        hufu_log("cannot keep the language in tray.ini: %s", strerror(problem));
    tray->choice = choice;
    tray->language = hufu_choice_language(choice);
    hufu_item_changed(tray);
}

void hufu_act_quit(struct hufu_tray *tray)
{
    (void)sd_event_exit(tray->loop, 0);
}

void hufu_act_end(struct hufu_tray *tray)
{
    hufu_run_stop(&tray->restarting);
    for (size_t i = 0; i < HUFU_TRAY_PAGES_MAX; i++)
        hufu_run_stop(&tray->pages[i]);
}
