#include "component/series.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MS = 1000 };

struct hufu_series {
    int64_t began_ms; /* before the PIN was typed */
    int64_t ready_ms;
    int64_t used_ms;
    size_t documents;
    struct hufu_secret *pin; /* for keys that ask at each use; NULL after a reader's own keys */
    bool stopped;            /* by the person: the page hears that until it begins anew */
    struct hufu_series_window window;
};

/* What only an open series needs. */
static void log_out(struct hufu_page *page, struct hufu_series *series)
{
    hufu_series_window_close(&series->window);
    hufu_token_let_go(hufu_token_held(page->cards));
    hufu_secret_free(HUFU_TAKE(series->pin));
}

void hufu_series_end(struct hufu_page *page)
{
    struct hufu_series *series = HUFU_TAKE(page->series);
    if (!series)
        return;
    if (!series->stopped)
        log_out(page, series);
    free(series);
}

static int64_t time_left(const struct hufu_series *series)
{
    int64_t idle_ms = series->used_ms + (int64_t)HUFU_SERIES_IDLE_S * MS;
    int64_t whole_ms = series->began_ms + (int64_t)HUFU_SERIES_S * MS;
    return (idle_ms < whole_ms ? idle_ms : whole_ms) - hufu_clock_ms();
}

static int next_look(const struct hufu_series *series)
{
    int left_ms = (int)time_left(series);
    int window_ms = hufu_series_window_wait(&series->window, series->ready_ms, series->documents);
    return window_ms >= 0 && window_ms < left_ms ? window_ms : left_ms;
}

int hufu_series_look(struct hufu_page *page)
{
    struct hufu_series *series = page->series;
    if (!series || series->stopped)
        return -1;
    if (time_left(series) <= 0 || !hufu_token_held(page->cards)) {
        hufu_series_end(page);
        return -1;
    }
    if (!hufu_series_window_look(&series->window, series->ready_ms, series->documents)) {
        log_out(page, series);
        series->stopped = true;
        return -1;
    }
    return next_look(series);
}

size_t hufu_series_sockets(const struct hufu_page *page, int ret_sockets[HUFU_SERIES_SOCKETS])
{
    return page->series ? hufu_series_window_sockets(&page->series->window, ret_sockets) : 0;
}

/* --- beginning --- */

/* The time of day at which a series that begins now is over. */
static void write_end(char ret_text[HUFU_CLOCK_BYTES])
{
    time_t end = time(NULL) + HUFU_SERIES_S;
    struct tm local;
    if (!localtime_r(&end, &local) || strftime(ret_text, HUFU_CLOCK_BYTES, "%H:%M", &local) == 0)
        ret_text[0] = 0;
}

static enum hufu_status log_in(struct hufu_page *page, const char *page_pin, const char *until,
                               struct hufu_access *access, struct hufu_error *err)
{
    const struct hufu_login login = {
        .page_pin = page_pin, .purpose = HUFU_TEXT_PURPOSE_SERIES, .until = until};
    HUFU_TRY(hufu_access_open(page, access, err));
    if (!hufu_access_certificate(access, HUFU_KEY_USAGE_SIGN))
        return hufu_fail(err, HUFU_E_NO_CERTIFICATE, "none for signing");
    return hufu_access_login(page, access, &login, err);
}

enum hufu_status hufu_series_begin(struct hufu_page *page, const char *page_pin,
                                   struct hufu_error *err)
{
    HUFU_AUTO(hufu_access_done) struct hufu_access access = {0};
    HUFU_AUTO(hufu_free) struct hufu_series *series = calloc(1, sizeof *series);
    int64_t began_ms = hufu_clock_ms(); /* what the window says counts from here */
    hufu_series_end(page);
    if (!series)
        return hufu_fail(err, HUFU_E_MEMORY, "series");
    write_end(series->window.until);
    HUFU_TRY(log_in(page, page_pin, series->window.until, &access, err));
    series->window.monitor = page->monitor;
    series->window.language = page->language;
    snprintf(series->window.origin, sizeof series->window.origin, "%s", page->origin);
    series->began_ms = began_ms;
    series->used_ms = series->ready_ms = hufu_clock_ms();
    series->pin = HUFU_TAKE(access.pin);
    hufu_token_hold(access.token);
    page->series = HUFU_TAKE(series);
    return HUFU_OK;
}

/* --- one more document --- */

static enum hufu_status reach_card(struct hufu_page *page, struct hufu_access *access,
                                   struct hufu_error *err)
{
    access->token = hufu_token_held(page->cards);
    HUFU_TRY(hufu_token_check_session(access->token, err));
    return hufu_token_certificates(access->token, &access->certificates, &access->certificate_count,
                                   err);
}

enum hufu_status hufu_series_use(struct hufu_page *page, struct hufu_access *ret_access,
                                 struct hufu_error *err)
{
    hufu_series_look(page);
    if (page->series && page->series->documents == HUFU_SERIES_DOCUMENTS_MAX)
        hufu_series_end(page);
    if (page->series && page->series->stopped)
        return hufu_fail(err, HUFU_E_CANCELLED, "the series was stopped");
    if (!page->series)
        return hufu_fail(err, HUFU_E_STATE, "no series is open");
    enum hufu_status status = reach_card(page, ret_access, err);
    if (status != HUFU_OK) {
        hufu_series_end(page);
        return status;
    }
    page->series->documents++;
    page->series->used_ms = hufu_clock_ms();
    return HUFU_OK;
}
