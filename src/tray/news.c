/* Who tells that something has changed: `hufu card --follow` of readers and cards, and hufud with
 * the files that it writes of itself. */
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "tray/tray.h"
#include "wire/running.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

enum { SECOND_US = 1000 * 1000 };

/* `hufu card` is not meant to end; where it does, it is tried again, ever later. */
enum { CARD_PAUSE_MIN_S = 2, CARD_PAUSE_MAX_S = 10 * 60 };

/* Sixteen readers with long names are 4 KiB. */
enum { LINE_MAX_BYTES = 64 * 1024 };

static void on_card(void *context, struct hufu_bytes some);
static void on_card_ended(void *context, int status);

static const struct hufu_tray_program card = {
    .arguments = (const char *const[]){"hufu", "card", "--json", "--follow", NULL},
    .heard = on_card,
    .ended = on_card_ended,
};

/* --- cards --- */

static void start_card(struct hufu_tray *tray)
{
    tray->heard = false;
    hufu_buf_clear(&tray->line);
    int problem = hufu_run_start(tray->loop, tray->hufu, &card, tray, &tray->card);
    if (problem == 0)
        return;
    hufu_log("cannot start hufu card: %s", strerror(problem));
    on_card_ended(tray, HUFU_RUN_FAILED);
}

static bool is_news(const struct hufu_tray *tray)
{
    return tray->line.failed || tray->line.len != tray->cards.len ||
           memcmp(hufu_buf_text(&tray->line), hufu_buf_text(&tray->cards), tray->line.len) != 0;
}

/* The first line of all says how it is, and doctor looks at that anyway. */
static void take_line(struct hufu_tray *tray)
{
    bool first = !tray->cards.data;
    if (is_news(tray) && !first)
        hufu_look_soon(tray);
    hufu_buf_clear(&tray->cards);
    hufu_buf_add(&tray->cards, tray->line.data, tray->line.failed ? 0 : tray->line.len);
    hufu_buf_clear(&tray->line);
    tray->heard = true;
}

static void on_card(void *context, struct hufu_bytes some)
{
    struct hufu_tray *tray = context;
    for (size_t i = 0; i < some.len; i++) {
        if (some.data[i] == '\n')
            take_line(tray);
        else
            hufu_buf_add_u8(&tray->line, some.data[i]);
    }
}

static void on_card_ended(void *context, int status)
{
    struct hufu_tray *tray = context;
    if (tray->heard)
        tray->card_pause_us = CARD_PAUSE_MIN_S * (uint64_t)SECOND_US;
    hufu_log("hufu card has ended, status %d; it starts again in %d s", status,
             (int)(tray->card_pause_us / SECOND_US));
    (void)sd_event_source_set_time_relative(tray->card_timer, tray->card_pause_us);
    (void)sd_event_source_set_enabled(tray->card_timer, SD_EVENT_ONESHOT);
    tray->card_pause_us *= 2;
    if (tray->card_pause_us > CARD_PAUSE_MAX_S * (uint64_t)SECOND_US)
        tray->card_pause_us = CARD_PAUSE_MAX_S * (uint64_t)SECOND_US;
}

static int on_card_timer(sd_event_source *source, uint64_t usec, void *arg)
{
    (void)source;
    (void)usec;
    start_card(arg);
    return 0;
}

/* --- hufud --- */

/* It writes other files there, too: the use log, with each use. */
static int on_file(sd_event_source *source, const struct inotify_event *event, void *arg)
{
    (void)source;
    if (event->len && hufu_running_is_of_hufud(event->name))
        hufu_look_soon(arg);
    return 0;
}

static int watch_files(struct hufu_tray *tray)
{
    char folder[PATH_MAX];
    if (!hufu_path_state(folder) || hufu_folder_make(folder, 0700))
        return -ENOENT;
    return sd_event_add_inotify(tray->loop, &tray->files, folder,
                                IN_MOVED_TO | IN_DELETE | IN_ONLYDIR, on_file, tray);
}

/* --- begin and end --- */

void hufu_news_begin(struct hufu_tray *tray)
{
    tray->line.max = tray->cards.max = LINE_MAX_BYTES;
    tray->card_pause_us = CARD_PAUSE_MIN_S * (uint64_t)SECOND_US;
    int problem = sd_event_add_time(tray->loop, &tray->card_timer, CLOCK_MONOTONIC, UINT64_MAX,
                                    SECOND_US, on_card_timer, tray);
    if (problem >= 0)
        start_card(tray);
    if (problem >= 0)
        problem = watch_files(tray);
    if (problem < 0) /* a home may be read-only */
        hufu_log("changes are seen late: %s", strerror(-problem));
}

void hufu_news_end(struct hufu_tray *tray)
{
    hufu_run_stop(&tray->card);
    tray->card_timer = sd_event_source_disable_unref(tray->card_timer);
    tray->files = sd_event_source_disable_unref(tray->files);
    hufu_buf_done(&tray->line);
    hufu_buf_done(&tray->cards);
}
