#include "component/series.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "wire/frame.h"

#include <stdlib.h>
#include <time.h>

enum { MS = 1000, CLOCK_BYTES = sizeof "23:59" };

struct hufu_series {
    int64_t began_ms;
    int64_t used_ms;
    size_t documents;
    struct hufu_secret *pin; /* for keys that ask at each use; NULL after a reader's own keys */
};

void hufu_series_end(struct hufu_page *page)
{
    struct hufu_series *series = HUFU_TAKE(page->series);
    if (!series)
        return;
    hufu_token_let_go(hufu_token_held(page->cards));
    hufu_secret_free(series->pin);
    free(series);
}

int hufu_series_look(struct hufu_page *page)
{
    const struct hufu_series *series = page->series;
    if (!series)
        return -1;
    int64_t idle_ms = series->used_ms + (int64_t)HUFU_SERIES_IDLE_S * MS;
    int64_t whole_ms = series->began_ms + (int64_t)HUFU_SERIES_S * MS;
    int64_t left_ms = (idle_ms < whole_ms ? idle_ms : whole_ms) - hufu_clock_ms();
    if (left_ms > 0 && hufu_token_held(page->cards))
        return (int)left_ms;
    hufu_series_end(page);
    return -1;
}

/* --- beginning --- */

/* The time of day at which a series that begins now is over. */
static void write_end(char ret_text[CLOCK_BYTES])
{
    time_t end = time(NULL) + HUFU_SERIES_S;
    struct tm local;
    if (!localtime_r(&end, &local) || strftime(ret_text, CLOCK_BYTES, "%H:%M", &local) == 0)
        ret_text[0] = 0;
}

static enum hufu_status log_in(struct hufu_page *page, const char *page_pin,
                               struct hufu_access *access, struct hufu_error *err)
{
    char until[CLOCK_BYTES] = "";
    write_end(until);
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
    HUFU_TRY(log_in(page, page_pin, &access, err));
    series->began_ms = began_ms;
    series->used_ms = hufu_clock_ms();
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
    HUFU_TRY(hufu_token_look(access->token, &access->reader, err));
    return hufu_token_certificates(access->token, &access->certificates, &access->certificate_count,
                                   err);
}

enum hufu_status hufu_series_use(struct hufu_page *page, struct hufu_access *ret_access,
                                 struct hufu_error *err)
{
    hufu_series_look(page);
    if (page->series && page->series->documents == HUFU_SERIES_DOCUMENTS_MAX)
        hufu_series_end(page);
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
