/* Whose PIN a card gets, and what becomes of it, with cards and windows that are made up; the count
 * of wrong PINs is the real one. */
#include "bytes.h"
#include "home.h"

#include "card/pin.h"
#include "card/tries.h"
#include "component/access.h"

enum hufu_status __wrap_hufu_token_look(struct hufu_token *token, struct hufu_reader *ret_reader,
                                        struct hufu_error *err);
enum hufu_status __wrap_hufu_token_check_pin(const struct hufu_token *token,
                                             const struct hufu_secret *pin, struct hufu_error *err);
enum hufu_status __wrap_hufu_token_login(struct hufu_token *token, const struct hufu_secret *pin,
                                         struct hufu_error *err);
void __wrap_hufu_token_release(struct hufu_token *token);
enum hufu_status __wrap_hufu_pin_ask(const struct hufu_pin_request *request,
                                     struct hufu_secret **ret_pin, struct hufu_error *err);

static struct hufu_reader card; /* as it is at that moment */
static enum hufu_status removed_in_window;
static const char *typed;
static enum hufu_status card_says;
static char tried_pin[HUFU_SECRET_MAX + 1];
static size_t counted; /* when the card was asked */
static int logins, windows, notices, releases;
static bool in_dialog;
static enum hufu_pin_tries warned;

enum hufu_status __wrap_hufu_token_look(struct hufu_token *token, struct hufu_reader *ret_reader,
                                        struct hufu_error *err)
{
    (void)token;
    if (windows && removed_in_window)
        return hufu_fail(err, removed_in_window, NULL);
    *ret_reader = card;
    return HUFU_OK;
}

enum hufu_status __wrap_hufu_token_check_pin(const struct hufu_token *token,
                                             const struct hufu_secret *pin, struct hufu_error *err)
{
    (void)token;
    return hufu_secret_len(pin) < 4 ? hufu_fail(err, HUFU_E_PIN_LENGTH, NULL) : HUFU_OK;
}

enum hufu_status __wrap_hufu_token_login(struct hufu_token *token, const struct hufu_secret *pin,
                                         struct hufu_error *err)
{
    (void)token;
    logins++;
    in_dialog = notices > 0;
    counted = hufu_tries_wrong(&card);
    snprintf(tried_pin, sizeof tried_pin, "%s", pin ? hufu_secret_bytes(pin) : "(pad)");
    return card_says == HUFU_OK ? HUFU_OK : hufu_fail(err, card_says, NULL);
}

void __wrap_hufu_token_release(struct hufu_token *token)
{
    (void)token;
    releases++;
}

enum hufu_status __wrap_hufu_pin_ask(const struct hufu_pin_request *request,
                                     struct hufu_secret **ret_pin, struct hufu_error *err)
{
    windows++;
    warned = request->tries;
    assert_string_equal(request->origin, "https://a.gov.tw");
    assert_int_equal(notices, 1); /* told before the window opens */
    if (!typed)
        return hufu_fail(err, HUFU_E_CANCELLED, NULL);
    *ret_pin = hufu_secret_new(typed, strlen(typed));
    return HUFU_OK;
}

static void on_dialog(bool open)
{
    notices += open ? 1 : -1;
}

static struct hufu_page new_page(void)
{
    return (struct hufu_page){.dialog = on_dialog,
                              .origin = "https://a.gov.tw",
                              .scopes = HUFU_SCOPES_ALL,
                              .may_ask = true};
}

static int reset(void **state)
{
    card = (struct hufu_reader){.card_label = "card", .pin_set = true};
    removed_in_window = card_says = HUFU_OK;
    typed = "typed";
    logins = windows = notices = releases = 0;
    return home_setup(state);
}

/* One call, and the release after it. */
static enum hufu_status log_in(struct hufu_page *page, const char *page_pin)
{
    struct hufu_access access = {.reader = card};
    const struct hufu_login login = {.page_pin = page_pin, .purpose = HUFU_TEXT_PURPOSE_SIGN};
    logins = windows = notices = releases = 0;
    enum hufu_status status = hufu_access_login(page, &access, &login, NULL);
    hufu_access_done(&access);
    assert_int_equal(notices, 0); /* told again when it closed */
    assert_int_equal(releases, 1);
    assert_null(access.pin);
    return status;
}

/* --- whose PIN --- */

struct row {
    const char *page_pin;
    bool cancel;
    enum hufu_status status;
    int windows;
    const char *tried; /* NULL: the card was not asked */
    enum hufu_pin_tries warned;
    struct hufu_reader card;
};

static const struct row rows[] = {
    {"123456", false, HUFU_OK, 0, "123456", HUFU_PIN_TRIES_FULL, .card = {.pin_set = true}},
    {"", false, HUFU_OK, 1, "typed", HUFU_PIN_TRIES_FULL, .card = {.pin_set = true}},
    {"", true, HUFU_E_CANCELLED, 1, NULL, HUFU_PIN_TRIES_FULL, .card = {.pin_set = true}},
    {"123", false, HUFU_E_PIN_LENGTH, 0, NULL, HUFU_PIN_TRIES_FULL, .card = {.pin_set = true}},
    /* a page gets no try of a card that had a wrong one, and never the last */
    {"123456", false, HUFU_OK, 1, "typed", HUFU_PIN_TRIES_LOW, .card = {.pin_count_low = true}},
    {"123456", false, HUFU_OK, 1, "typed", HUFU_PIN_TRIES_FINAL, .card = {.pin_final_try = true}},
    {"123456", true, HUFU_E_CANCELLED, 1, NULL, HUFU_PIN_TRIES_FINAL,
     .card = {.pin_final_try = true}},
    /* the reader's own keys */
    {"", false, HUFU_OK, 0, "(pad)", HUFU_PIN_TRIES_FULL, .card = {.pin_pad = true}},
    {"123456", false, HUFU_OK, 0, "(pad)", HUFU_PIN_TRIES_FULL, .card = {.pin_pad = true}},
    {"123456", false, HUFU_OK, 0, "(pad)", HUFU_PIN_TRIES_FULL,
     .card = {.pin_pad = true, .pin_final_try = true}},
    {"123456", false, HUFU_E_PIN_LOCKED, 0, NULL, HUFU_PIN_TRIES_FULL,
     .card = {.pin_locked = true}},
    {"", false, HUFU_E_PIN_LOCKED, 0, NULL, HUFU_PIN_TRIES_FULL, .card = {.pin_locked = true}},
};

static void asks_for_one_pin(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_page page = new_page();
        card = rows[i].card;
        typed = rows[i].cancel ? NULL : "typed";
        assert_int_equal(log_in(&page, rows[i].page_pin), rows[i].status);
        assert_int_equal(windows, rows[i].windows);
        assert_int_equal(logins, rows[i].tried != NULL);
        if (rows[i].windows)
            assert_int_equal(warned, rows[i].warned);
        if (rows[i].tried) {
            assert_string_equal(tried_pin, rows[i].tried);
            assert_int_equal(in_dialog, card.pin_pad); /* a person's time, not the card's */
        }
        hufu_tries_forget(&card);
    }
}

static void a_site_without_the_scope_has_no_pin(void **state)
{
    (void)state;
    struct hufu_page page = new_page();
    page.scopes = HUFU_SCOPES_USE;
    assert_int_equal(log_in(&page, "123456"), HUFU_OK);
    assert_string_equal(tried_pin, "typed");
    assert_int_equal(windows, 1);
}

static void asks_nobody_when_it_may_not(void **state)
{
    (void)state;
    struct hufu_page page = new_page();
    page.may_ask = false;
    assert_int_equal(log_in(&page, ""), HUFU_E_TOO_MANY_WINDOWS);
    assert_int_equal(windows + logins, 0);
    card.pin_pad = true;
    assert_int_equal(log_in(&page, ""), HUFU_E_TOO_MANY_WINDOWS);
    card.pin_pad = false;
    card.pin_final_try = true;
    assert_int_equal(log_in(&page, "123456"), HUFU_E_TOO_MANY_WINDOWS);
    assert_int_equal(windows + logins, 0);
    card.pin_final_try = false;
    assert_int_equal(log_in(&page, "123456"), HUFU_OK); /* needs no window */
}

static void a_pin_may_be_too_long(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *pin = repeat('7', HUFU_SECRET_MAX + 1);
    struct hufu_page page = new_page();
    assert_int_equal(log_in(&page, pin), HUFU_E_PIN_LENGTH);
    assert_int_equal(logins, 0);
    assert_int_equal(hufu_tries_wrong(&card), 0);
    assert_int_equal(log_in(&page, pin + 1), HUFU_OK);
    assert_string_equal(tried_pin, pin + 1);
}

/* --- the count --- */

static void a_page_guesses_once(void **state)
{
    (void)state;
    struct hufu_page page = new_page();
    card_says = HUFU_E_PIN_INCORRECT;
    assert_int_equal(log_in(&page, "111111"), HUFU_E_PIN_INCORRECT);
    assert_int_equal(logins, 1);
    assert_int_equal(counted, 1); /* before the card was asked */
    typed = NULL;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(log_in(&page, "222222"), HUFU_E_CANCELLED);
        assert_int_equal(logins, 0);
        assert_int_equal(windows, 1);
        assert_int_equal(warned, HUFU_PIN_TRIES_LOW);
    }
    card_says = HUFU_OK;
    typed = "right";
    assert_int_equal(log_in(&page, ""), HUFU_OK);
    assert_int_equal(hufu_tries_wrong(&card), 0);
    assert_int_equal(log_in(&page, "right"), HUFU_OK);
    assert_int_equal(windows, 0);
}

static void a_window_warns_by_the_count(void **state)
{
    (void)state;
    static const enum hufu_pin_tries warnings[] = {HUFU_PIN_TRIES_FULL, HUFU_PIN_TRIES_LOW,
                                                   HUFU_PIN_TRIES_PERHAPS_FINAL,
                                                   HUFU_PIN_TRIES_PERHAPS_FINAL};
    struct hufu_page page = new_page();
    card_says = HUFU_E_PIN_INCORRECT;
    for (size_t i = 0; i < COUNT(warnings); i++) {
        assert_int_equal(log_in(&page, ""), HUFU_E_PIN_INCORRECT);
        assert_int_equal(warned, warnings[i]);
        assert_int_equal(logins, 1);
        assert_int_equal(hufu_tries_wrong(&card), i + 1);
    }
    card_says = HUFU_E_PIN_LOCKED;
    assert_int_equal(log_in(&page, ""), HUFU_E_PIN_LOCKED);
    assert_int_equal(hufu_tries_wrong(&card), COUNT(warnings) + 1);
}

/* What says nothing about the PIN does not count in a window; a page's PIN stays counted. */
static void other_failures(void **state)
{
    (void)state;
    struct hufu_page page = new_page();
    card_says = HUFU_E_DEVICE;
    assert_int_equal(log_in(&page, ""), HUFU_E_DEVICE);
    assert_int_equal(hufu_tries_wrong(&card), 0);
    assert_int_equal(log_in(&page, "123456"), HUFU_E_DEVICE);
    assert_int_equal(hufu_tries_wrong(&card), 1);
}

static void no_page_pin_where_it_cannot_be_counted(void **state)
{
    (void)state;
    struct hufu_page page = new_page();
    setenv("XDG_STATE_HOME", "/dev/null", 1);
    assert_int_equal(log_in(&page, "123456"), HUFU_OK);
    assert_string_equal(tried_pin, "typed");
    unsetenv("XDG_STATE_HOME");
}

static void another_card_gets_no_pin(void **state)
{
    (void)state;
    struct hufu_page page = new_page();
    removed_in_window = HUFU_E_REMOVED;
    assert_int_equal(log_in(&page, ""), HUFU_E_REMOVED);
    assert_int_equal(windows, 1);
    assert_int_equal(logins, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, reset, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(asks_for_one_pin),
        TEST(a_site_without_the_scope_has_no_pin),
        TEST(asks_nobody_when_it_may_not),
        TEST(a_pin_may_be_too_long),
        TEST(a_page_guesses_once),
        TEST(a_window_warns_by_the_count),
        TEST(other_failures),
        TEST(no_page_pin_where_it_cannot_be_counted),
        TEST(another_card_gets_no_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
