/* When a series is over, and when its window is due; cards, windows and the clock are made up. */
#include "bytes.h"

#include "component/series.h"
#include "wire/frame.h"

#include <stdlib.h>

int64_t __wrap_hufu_clock_ms(void);
struct hufu_token *__wrap_hufu_token_held(const struct hufu_cards *cards);
void __wrap_hufu_token_hold(struct hufu_token *token);
void __wrap_hufu_token_let_go(struct hufu_token *token);
void __wrap_hufu_token_release(struct hufu_token *token);
enum hufu_status __wrap_hufu_token_check_session(struct hufu_token *token, struct hufu_error *err);
enum hufu_status __wrap_hufu_token_certificates(struct hufu_token *token,
                                                const struct hufu_card_certificate **ret_list,
                                                size_t *ret_count, struct hufu_error *err);
enum hufu_status __wrap_hufu_access_open(struct hufu_page *page, struct hufu_access *access,
                                         struct hufu_error *err);
const struct hufu_card_certificate *__wrap_hufu_access_certificate(const struct hufu_access *access,
                                                                   unsigned long key_usage);
enum hufu_status __wrap_hufu_access_login(struct hufu_page *page, struct hufu_access *access,
                                          const struct hufu_login *login, struct hufu_error *err);
struct hufu_progress *__wrap_hufu_progress_open(const struct hufu_progress_request *request);
void __wrap_hufu_progress_close(struct hufu_progress *progress);
enum hufu_progress_state __wrap_hufu_progress_look(struct hufu_progress *progress);

enum { IDLE_MS = HUFU_SERIES_IDLE_S * 1000, WHOLE_MS = HUFU_SERIES_S * 1000 };

static int64_t now_ms;
static bool held;
static int logouts;
static enum hufu_status login_status, session_status;
static char card;
static size_t windows, open_windows, told;
static enum hufu_progress_state window_state;

int64_t __wrap_hufu_clock_ms(void)
{
    return now_ms;
}

struct hufu_token *__wrap_hufu_token_held(const struct hufu_cards *cards)
{
    (void)cards;
    return held ? (void *)&card : NULL;
}

void __wrap_hufu_token_hold(struct hufu_token *token)
{
    (void)token;
    held = true;
}

void __wrap_hufu_token_let_go(struct hufu_token *token)
{
    logouts += token != NULL;
    held = false;
}

void __wrap_hufu_token_release(struct hufu_token *token)
{
    (void)token;
}

enum hufu_status __wrap_hufu_token_check_session(struct hufu_token *token, struct hufu_error *err)
{
    assert_non_null(token);
    return session_status == HUFU_OK ? HUFU_OK : hufu_fail(err, session_status, NULL);
}

enum hufu_status __wrap_hufu_token_certificates(struct hufu_token *token,
                                                const struct hufu_card_certificate **ret_list,
                                                size_t *ret_count, struct hufu_error *err)
{
    (void)token;
    (void)err;
    *ret_list = NULL;
    *ret_count = 0;
    return HUFU_OK;
}

enum hufu_status __wrap_hufu_access_open(struct hufu_page *page, struct hufu_access *access,
                                         struct hufu_error *err)
{
    (void)page;
    (void)err;
    access->token = (void *)&card;
    return HUFU_OK;
}

const struct hufu_card_certificate *__wrap_hufu_access_certificate(const struct hufu_access *access,
                                                                   unsigned long key_usage)
{
    static const struct hufu_card_certificate certificate;
    (void)access;
    (void)key_usage;
    return &certificate;
}

/* A person takes ten seconds. */
enum { TYPING_MS = 10 * 1000 };

enum hufu_status __wrap_hufu_access_login(struct hufu_page *page, struct hufu_access *access,
                                          const struct hufu_login *login, struct hufu_error *err)
{
    (void)page;
    assert_int_equal(login->purpose, HUFU_TEXT_PURPOSE_SERIES);
    assert_int_equal(strlen(login->until), sizeof "23:59" - 1);
    access->pin = hufu_secret_new("123456", 6);
    now_ms += TYPING_MS;
    return login_status == HUFU_OK ? HUFU_OK : hufu_fail(err, login_status, NULL);
}

struct hufu_progress *__wrap_hufu_progress_open(const struct hufu_progress_request *request)
{
    windows++;
    open_windows++;
    told = request->documents;
    assert_string_equal(request->origin, "https://a.gov.tw");
    window_state = HUFU_PROGRESS_SHOWN;
    return (void *)&card;
}

void __wrap_hufu_progress_close(struct hufu_progress *progress)
{
    open_windows -= progress != NULL;
}

enum hufu_progress_state __wrap_hufu_progress_look(struct hufu_progress *progress)
{
    assert_non_null(progress);
    return window_state;
}

static struct hufu_page begin(void)
{
    struct hufu_page page = {.origin = "https://a.gov.tw"};
    now_ms = 1000000;
    login_status = session_status = HUFU_OK;
    held = false;
    logouts = 0;
    windows = open_windows = told = 0;
    assert_int_equal(hufu_series_begin(&page, "", NULL), HUFU_OK);
    assert_true(held);
    return page;
}

static enum hufu_status sign(struct hufu_page *page)
{
    struct hufu_access access = {0};
    enum hufu_status status = hufu_series_use(page, &access, NULL);
    hufu_access_done(&access);
    return status;
}

/* --- the end --- */

static void assert_over(struct hufu_page *page)
{
    assert_int_equal(hufu_series_look(page), -1);
    assert_null(page->series);
    assert_false(held);
    assert_int_equal(logouts, 1);
    assert_int_equal(open_windows, 0);
    assert_int_equal(sign(page), HUFU_E_STATE);
}

static void is_over_without_activity(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    now_ms += IDLE_MS - 1;
    assert_int_equal(hufu_series_look(&page), 1);
    assert_int_equal(sign(&page), HUFU_OK);
    now_ms += IDLE_MS - 1;
    assert_int_equal(sign(&page), HUFU_OK);
    now_ms += IDLE_MS;
    assert_over(&page);
}

static void is_over_after_its_whole_time(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    int64_t end_ms = now_ms - TYPING_MS + WHOLE_MS;
    for (; now_ms < end_ms; now_ms += IDLE_MS / 2)
        assert_int_equal(sign(&page), HUFU_OK);
    now_ms = end_ms - 1;
    assert_int_equal(sign(&page), HUFU_OK);
    assert_int_equal(hufu_series_look(&page), 1);
    now_ms = end_ms;
    assert_over(&page);
}

static void is_over_after_so_many_documents(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    for (size_t i = 0; i < HUFU_SERIES_DOCUMENTS_MAX; i++)
        assert_int_equal(sign(&page), HUFU_OK);
    assert_int_equal(sign(&page), HUFU_E_STATE);
    assert_over(&page);
}

static void is_over_with_its_card(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    session_status = HUFU_E_REMOVED;
    assert_int_equal(sign(&page), HUFU_E_REMOVED);
    assert_over(&page);
}

static void is_over_with_its_login(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    __wrap_hufu_token_let_go((void *)&card); /* what another login does */
    assert_over(&page);
}

static void does_not_begin_without_a_login(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    login_status = HUFU_E_CANCELLED;
    assert_int_equal(hufu_series_begin(&page, "", NULL), HUFU_E_CANCELLED);
    assert_over(&page); /* neither the new one nor the old one */
}

/* --- the window --- */

static void tells_of_itself_now_and_then(void **state)
{
    (void)state;
    struct hufu_page page = begin(); /* the person's ten seconds are not the series' */
    assert_int_equal(hufu_series_look(&page), IDLE_MS);
    assert_int_equal(windows, 0); /* of nothing signed there is nothing to tell */
    assert_int_equal(sign(&page), HUFU_OK);
    assert_int_equal(hufu_series_look(&page), HUFU_SERIES_WINDOW_AFTER_MS);
    now_ms += HUFU_SERIES_WINDOW_AFTER_MS - 1;
    assert_int_equal(hufu_series_look(&page), 1);
    assert_int_equal(windows, 0);
    now_ms++;
    hufu_series_look(&page);
    assert_int_equal(windows, 1);
    assert_int_equal(told, 1);
    now_ms += HUFU_SERIES_WINDOW_EVERY_MS; /* the same number: the same window */
    hufu_series_look(&page);
    assert_int_equal(windows, 1);
    assert_int_equal(sign(&page), HUFU_OK);
    hufu_series_look(&page);
    assert_int_equal(windows, 2);
    assert_int_equal(told, 2);
    assert_int_equal(sign(&page), HUFU_OK);
    assert_int_equal(hufu_series_look(&page), HUFU_SERIES_WINDOW_EVERY_MS);
    assert_int_equal(open_windows, 1);
    hufu_series_end(&page);
    assert_int_equal(open_windows, 0);
}

static void tell(struct hufu_page *page)
{
    assert_int_equal(sign(page), HUFU_OK);
    now_ms += HUFU_SERIES_WINDOW_AFTER_MS;
    hufu_series_look(page);
    hufu_series_look(page);
    assert_int_equal(windows, 1);
}

static void is_stopped_in_the_window(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    tell(&page);
    window_state = HUFU_PROGRESS_STOPPED;
    assert_int_equal(hufu_series_look(&page), -1);
    assert_int_equal(logouts, 1);
    assert_int_equal(open_windows, 0);
    assert_int_equal(sign(&page), HUFU_E_CANCELLED);
    now_ms += WHOLE_MS;
    assert_int_equal(sign(&page), HUFU_E_CANCELLED); /* until it begins anew or ends */
    hufu_series_end(&page);
    assert_over(&page);
}

static void goes_on_without_a_window(void **state)
{
    (void)state;
    struct hufu_page page = begin();
    tell(&page);
    window_state = HUFU_PROGRESS_GONE;
    hufu_series_look(&page);
    assert_int_equal(open_windows, 0);
    assert_int_equal(sign(&page), HUFU_OK);
    now_ms += HUFU_SERIES_WINDOW_EVERY_MS;
    hufu_series_look(&page);
    assert_int_equal(windows, 1); /* not again */
    hufu_series_end(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_over_without_activity),
        cmocka_unit_test(is_over_after_its_whole_time),
        cmocka_unit_test(is_over_after_so_many_documents),
        cmocka_unit_test(is_over_with_its_card),
        cmocka_unit_test(is_over_with_its_login),
        cmocka_unit_test(does_not_begin_without_a_login),
        cmocka_unit_test(tells_of_itself_now_and_then),
        cmocka_unit_test(is_stopped_in_the_window),
        cmocka_unit_test(goes_on_without_a_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
