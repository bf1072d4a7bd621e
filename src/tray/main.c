/* hufu-tray: hufu's state in the panel of the desktop, and a menu. */
#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "tray/tray.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

/* One in a session. Not the name of anybody's domain: hufu has none. */
static const char session_name[] = "hufu.Tray";

static const char *const usage[] = {
    [HUFU_LANGUAGE_EN] = "Usage: hufu-tray [--help | --version]\n\n"
                         "Shows in the panel of the desktop how hufu is, with a menu.\n",
    [HUFU_LANGUAGE_ZH_TW] = "用法：hufu-tray [--help | --version]\n\n"
                            "在桌面面板顯示虎符的狀態，並提供選單。\n",
};

/* --- start --- */

/* Programs are waited for with SIGCHLD, the others end the loop. */
static int take_signals(sd_event *loop)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t blocked;
    int problem = 0;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(&blocked, numbers[i]);
    if (sigprocmask(SIG_BLOCK, &blocked, NULL))
        return -errno;
    for (size_t i = 0; problem >= 0 && i < sizeof numbers / sizeof numbers[0]; i++)
        problem = sd_event_add_signal(loop, NULL, numbers[i], NULL, NULL);
    return problem;
}

static int start(struct hufu_tray *tray)
{
    int problem = sd_event_new(&tray->loop);
    if (problem >= 0)
        problem = take_signals(tray->loop);
    if (problem >= 0)
        problem = sd_bus_attach_event(tray->bus, tray->loop, SD_EVENT_PRIORITY_NORMAL);
    if (problem >= 0)
        problem = sd_bus_set_exit_on_disconnect(tray->bus, true); /* the session is over */
    if (problem >= 0)
        problem = hufu_menu_start(tray);
    return problem < 0 ? problem : hufu_item_start(tray);
}

static void finish(struct hufu_tray *tray)
{
    hufu_look_end(tray);
    hufu_act_end(tray);
    sd_bus_flush_close_unref(tray->bus);
    sd_event_unref(tray->loop);
}

static int live(struct hufu_tray *tray)
{
    int problem = start(tray);
    if (problem >= 0)
        problem = sd_event_loop(tray->loop);
    if (problem < 0)
        hufu_log("cannot go on: %s", strerror(-problem));
    return problem < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int run(void)
{
    struct hufu_tray tray = {.choice = hufu_choice_read()};
    tray.language = hufu_choice_language(tray.choice);
    if (!hufu_path_beside(tray.hufu, "hufu")) {
        hufu_log("cannot find the folder of this program");
        return EXIT_FAILED;
    }
    if (sd_bus_open_user(&tray.bus) < 0) {
        hufu_log("%s", hufu_tray_text(&tray, HUFU_TEXT_TRAY_NO_SESSION));
        return EXIT_FAILED;
    }
    int status = EXIT_DONE;
    int problem = sd_bus_request_name(tray.bus, session_name, 0);
    if (problem >= 0)
        status = live(&tray);
    else
        hufu_log("%s", problem == -EEXIST ? hufu_tray_text(&tray, HUFU_TEXT_TRAY_RUNS)
                                          : strerror(-problem));
    finish(&tray);
    return problem >= 0 || problem == -EEXIST ? status : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    hufu_log_init("hufu-tray");
    const char *option = argc == 2 ? argv[1] : "";
    if (argc == 1)
        return run();
    if (strcmp(option, "--version") == 0) {
        puts("hufu-tray " HUFU_VERSION);
        return EXIT_DONE;
    }
    bool help = strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0;
    fputs(usage[hufu_language_of_environment()], help ? stdout : stderr);
    return help ? EXIT_DONE : EXIT_USAGE;
}
