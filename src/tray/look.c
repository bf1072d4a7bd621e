/* When `hufu doctor` runs: at the start, shortly after there are news, when the menu opens, and
 * every few minutes. Nothing runs while no panel shows the result. */
#include "base/log.h"
#include "tray/tray.h"

#include <string.h>
#include <time.h>

/* The clock goes on while the computer sleeps: what was found before that is old. */
enum { CLOCK = CLOCK_BOOTTIME };

enum { SECOND_US = 1000 * 1000 };

/* What nobody tells of, such as a certificate that ends or a port that is taken, is seen after
 * this; the kernel may put it together with other wake-ups. */
enum { LOOK_EVERY_S = 5 * 60, LOOK_EVERY_ACCURACY_S = 30 };

/* A reader that is plugged in makes several news. */
enum { LOOK_PAUSE_MS = 500, LOOK_PAUSE_ACCURACY_MS = 50 };

/* A person who tries cards sees each change; a reader that comes and goes all the time, or a doctor
 * that is itself news, costs a look in half a minute. */
enum { LOOKS_IN_A_ROW = 8, LOOK_COST_S = 30 };

/* A person who opens the menu twice sees the same. */
enum { FRESH_S = 15 };

/* Doctor promises two seconds; a machine may be busy. Its answer has some twenty checks. */
enum { DOCTOR_DEADLINE_S = 30, ANSWER_MAX = 1024 * 1024 };

static void on_answer(void *context, struct hufu_bytes some);
static void on_doctor_ended(void *context, int status);

static const struct hufu_tray_program doctor = {
    .arguments = (const char *const[]){"hufu", "doctor", "--json", NULL},
    .deadline_s = DOCTOR_DEADLINE_S,
    .heard = on_answer,
    .ended = on_doctor_ended,
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
    set_timer(tray->look_timer, LOOK_EVERY_S * (uint64_t)SECOND_US,
              LOOK_EVERY_ACCURACY_S * SECOND_US);
}

static void look_after_pause(struct hufu_tray *tray)
{
    const int64_t cost = LOOK_COST_S * (int64_t)SECOND_US;
    uint64_t now = now_us(tray);
    tray->credit_us += (int64_t)(now - tray->credited_us);
    if (tray->credit_us > LOOKS_IN_A_ROW * cost)
        tray->credit_us = LOOKS_IN_A_ROW * cost;
    tray->credited_us = now;
    uint64_t pause_us = LOOK_PAUSE_MS * 1000;
    if (tray->credit_us < cost)
        pause_us += (uint64_t)(cost - tray->credit_us);
    tray->credit_us -= cost;
    set_timer(tray->look_timer, pause_us, LOOK_PAUSE_ACCURACY_MS * 1000);
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

/* --- begin and end --- */

void hufu_look_begin(struct hufu_tray *tray)
{
    if (!tray->look_timer && sd_event_add_time(tray->loop, &tray->look_timer, CLOCK, UINT64_MAX, 0,
                                               on_look_timer, tray) < 0) {
        hufu_log("no timer: what is shown will not change");
        return;
    }
    tray->answer.max = ANSWER_MAX;
    start_doctor(tray);
    hufu_news_begin(tray);
}

void hufu_look_end(struct hufu_tray *tray)
{
    hufu_news_end(tray);
    hufu_run_stop(&tray->doctor);
    tray->look_timer = sd_event_source_disable_unref(tray->look_timer);
    hufu_buf_done(&tray->answer);
}
