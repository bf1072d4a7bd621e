/* When `hufu doctor` runs: at the start, shortly after `hufu card --follow` has told of a change,
 * when the menu opens, and every few minutes. Nothing runs while no panel shows the result. */
#include "base/log.h"
#include "tray/tray.h"

#include <string.h>
#include <time.h>

/* The clock goes on while the computer sleeps: what was found before that is old. */
enum { CLOCK = CLOCK_BOOTTIME };

static const uint64_t SECOND_US = 1000 * 1000;

/* What nobody tells of, such as a certificate that ends or a port that is taken, is seen after
 * this; the kernel may put it together with other wake-ups. */
enum { LOOK_EVERY_S = 5 * 60, LOOK_EVERY_ACCURACY_S = 30 };

/* A reader that is plugged in tells several times. One that comes and goes all the time, or a
 * doctor that is itself a change, makes the pauses longer. */
enum { LOOK_PAUSE_MIN_MS = 500, LOOK_PAUSE_MAX_MS = 60 * 1000, LOOK_PAUSE_ACCURACY_MS = 50 };

/* A person who opens the menu twice sees the same. */
enum { FRESH_S = 15 };

/* `hufu card` is not meant to end; where it does, it is tried again, ever later. */
enum { CARD_PAUSE_MIN_S = 2, CARD_PAUSE_MAX_S = 10 * 60 };

/* Doctor promises two seconds; a machine may be busy. Its answer has some twenty checks. */
enum { DOCTOR_DEADLINE_S = 30, ANSWER_MAX = 1024 * 1024, LINE_MAX_BYTES = 64 * 1024 };

static void on_answer(void *context, struct hufu_bytes some);
static void on_doctor_ended(void *context, int status);
static void on_card(void *context, struct hufu_bytes some);
static void on_card_ended(void *context, int status);

static const struct hufu_program doctor = {
    .arguments = (const char *const[]){"hufu", "doctor", "--json", NULL},
    .deadline_s = DOCTOR_DEADLINE_S,
    .heard = on_answer,
    .ended = on_doctor_ended,
};

static const struct hufu_program card = {
    .arguments = (const char *const[]){"hufu", "card", "--json", "--follow", NULL},
    .heard = on_card,
    .ended = on_card_ended,
};

static uint64_t now_us(const struct hufu_tray *tray)
{
    uint64_t now = 0;
    (void)sd_event_now(tray->loop, CLOCK, &now);
    return now;
}

static void set_timer(sd_event_source *timer, uint64_t after_us, uint64_t accuracy_us)
{
    (void)sd_event_source_set_time_relative(timer, after_us);
    (void)sd_event_source_set_time_accuracy(timer, accuracy_us);
    (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* --- doctor --- */

static void look_later(struct hufu_tray *tray)
{
    set_timer(tray->look_timer, LOOK_EVERY_S * SECOND_US, LOOK_EVERY_ACCURACY_S * SECOND_US);
}

static void look_after_pause(struct hufu_tray *tray)
{
    bool again = now_us(tray) - tray->looked_us < 2 * tray->look_pause_us;
    tray->look_pause_us = again ? 2 * tray->look_pause_us : LOOK_PAUSE_MIN_MS * 1000ULL;
    if (tray->look_pause_us > LOOK_PAUSE_MAX_MS * 1000ULL)
        tray->look_pause_us = LOOK_PAUSE_MAX_MS * 1000ULL;
    set_timer(tray->look_timer, tray->look_pause_us, LOOK_PAUSE_ACCURACY_MS * 1000ULL);
}

static void take_findings(struct hufu_tray *tray, const struct hufu_findings *findings)
{
    bool same = tray->known && memcmp(&tray->findings, findings, sizeof *findings) == 0;
    tray->known = true;
    tray->looked_us = now_us(tray);
    tray->findings = *findings;
    if (!same)
        hufu_item_changed(tray);
}

static void start_doctor(struct hufu_tray *tray)
{
    if (tray->doctor)
        return;
    tray->changed = false;
    hufu_buf_clear(&tray->answer);
    int problem = hufu_run_start(tray->loop, tray->hufu, &doctor, tray, &tray->doctor);
    if (problem == 0)
        return;
    hufu_log("cannot start hufu doctor: %s", strerror(problem));
    on_doctor_ended(tray, HUFU_RUN_FAILED);
}

static void on_answer(void *context, struct hufu_bytes some)
{
    struct hufu_tray *tray = context;
    hufu_buf_add(&tray->answer, some.data, some.len);
}

static void on_doctor_ended(void *context, int status)
{
    struct hufu_tray *tray = context;
    struct hufu_error err = {0};
    struct hufu_findings findings;
    if (tray->answer.failed ||
        hufu_findings_read(hufu_buf_bytes(&tray->answer), &findings, &err) != HUFU_OK) {
        hufu_log("hufu doctor gave no answer, status %d", status);
        hufu_findings_none(&findings);
    }
    hufu_buf_clear(&tray->answer);
    take_findings(tray, &findings);
    if (tray->changed)
        look_after_pause(tray);
    else
        look_later(tray);
}

static int on_look_timer(sd_event_source *source, uint64_t usec, void *arg)
{
    (void)source;
    (void)usec;
    start_doctor(arg);
    return 0;
}

void hufu_look_soon(struct hufu_tray *tray)
{
    if (!tray->shown || tray->changed)
        return;
    tray->changed = true;
    if (!tray->doctor) /* else it is for on_doctor_ended */
        look_after_pause(tray);
}

void hufu_look_now(struct hufu_tray *tray)
{
    if (tray->shown && now_us(tray) - tray->looked_us > FRESH_S * SECOND_US)
        start_doctor(tray);
}

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
    bool first = tray->cards.len == 0;
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
        tray->card_pause_us = CARD_PAUSE_MIN_S * SECOND_US;
    hufu_log("hufu card has ended, status %d; it starts again in %d s", status,
             (int)(tray->card_pause_us / SECOND_US));
    set_timer(tray->card_timer, tray->card_pause_us, tray->card_pause_us / 10);
    tray->card_pause_us *= 2;
    if (tray->card_pause_us > CARD_PAUSE_MAX_S * SECOND_US)
        tray->card_pause_us = CARD_PAUSE_MAX_S * SECOND_US;
}

static int on_card_timer(sd_event_source *source, uint64_t usec, void *arg)
{
    (void)source;
    (void)usec;
    start_card(arg);
    return 0;
}

/* --- both --- */

static bool make_timers(struct hufu_tray *tray)
{
    return tray->look_timer || (sd_event_add_time(tray->loop, &tray->look_timer, CLOCK, UINT64_MAX,
                                                  0, on_look_timer, tray) >= 0 &&
                                sd_event_add_time(tray->loop, &tray->card_timer, CLOCK, UINT64_MAX,
                                                  0, on_card_timer, tray) >= 0);
}

void hufu_look_begin(struct hufu_tray *tray)
{
    if (!make_timers(tray)) {
        hufu_log("no timer: what is shown will not change");
        return;
    }
    tray->answer.max = ANSWER_MAX;
    tray->line.max = tray->cards.max = LINE_MAX_BYTES;
    tray->look_pause_us = LOOK_PAUSE_MIN_MS * 1000ULL;
    tray->card_pause_us = CARD_PAUSE_MIN_S * SECOND_US;
    start_doctor(tray);
    start_card(tray);
}

void hufu_look_end(struct hufu_tray *tray)
{
    hufu_run_stop(&tray->doctor);
    hufu_run_stop(&tray->card);
    tray->look_timer = sd_event_source_disable_unref(tray->look_timer);
    tray->card_timer = sd_event_source_disable_unref(tray->card_timer);
    hufu_buf_done(&tray->answer);
    hufu_buf_done(&tray->line);
    hufu_buf_done(&tray->cards);
}
