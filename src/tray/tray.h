/* What the files of hufu-tray share: one tray, on one session bus. */
#ifndef HUFU_TRAY_TRAY_H
#define HUFU_TRAY_TRAY_H

#include "base/buf.h"
#include "error/text.h"
#include "tray/choice.h"
#include "tray/findings.h"
#include "tray/run.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Pages that are open at the same time: `hufu open` runs as long as its page is there. */
enum { HUFU_TRAY_PAGES_MAX = 8 };

struct hufu_tray {
    sd_event *loop;
    sd_bus *bus;
    char hufu[PATH_MAX]; /* the program `hufu` beside this one */

    enum hufu_tray_choice choice;
    enum hufu_language language;

    /* look.c */
    bool known; /* doctor has answered, or failed to */
    struct hufu_findings findings;
    bool changed;         /* since the last doctor was started */
    uint64_t looked_us;   /* when the last doctor ended */
    int64_t credit_us;    /* for looks in a row */
    uint64_t credited_us; /* until when that was counted */
    sd_event_source *look_timer;
    struct hufu_run *doctor;
    struct hufu_buf answer;

    /* news.c */
    struct hufu_run *card;
    struct hufu_buf line;  /* of `hufu card`, not yet ended */
    struct hufu_buf cards; /* its last one */
    bool heard;            /* it has said a line since it was started */
    uint64_t card_pause_us;
    sd_event_source *card_timer;
    sd_event_source *files;

    /* item.c */
    char item[64]; /* its name on the bus */
    bool shown;    /* there is a panel to show it */
    bool placed;   /* and it was asked for a place */

    /* menu.c */
    uint32_t revision;

    /* act.c */
    struct hufu_run *restarting;
    struct hufu_run *pages[HUFU_TRAY_PAGES_MAX];
};

static inline const char *hufu_tray_text(const struct hufu_tray *tray, enum hufu_text text)
{
    return hufu_text(text, tray->language);
}

/* --- look.c: keeps `findings` right while somebody sees them --- */

void hufu_look_begin(struct hufu_tray *tray);
void hufu_look_end(struct hufu_tray *tray);

/* At once, unless what is known is fresh: a person opens the menu. */
void hufu_look_now(struct hufu_tray *tray);

/* Shortly, after something has happened. */
void hufu_look_soon(struct hufu_tray *tray);

/* --- news.c: calls hufu_look_soon for each change that somebody tells of --- */

void hufu_news_begin(struct hufu_tray *tray);
void hufu_news_end(struct hufu_tray *tray);

/* --- item.c: org.kde.StatusNotifierItem. Negative errno values, as sd-bus has them --- */

#define HUFU_TRAY_MENU_PATH "/MenuBar"

/* Shows it on the bus, and asks for a place in each panel that comes; begins and ends looking with
 * the first and the last of them. */
int hufu_item_start(struct hufu_tray *tray);

/* The findings or the language are new: tells the panel, with the menu. */
void hufu_item_changed(struct hufu_tray *tray);

/* --- menu.c: com.canonical.dbusmenu --- */

int hufu_menu_start(struct hufu_tray *tray);
void hufu_menu_changed(struct hufu_tray *tray);

/* --- act.c: what a person can do --- */

void hufu_act_open(struct hufu_tray *tray);
void hufu_act_restart(struct hufu_tray *tray);
void hufu_act_choose(struct hufu_tray *tray, enum hufu_tray_choice choice);
void hufu_act_quit(struct hufu_tray *tray);

/* Stops and forgets what it started. */
void hufu_act_end(struct hufu_tray *tray);

#endif
