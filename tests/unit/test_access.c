/* Which reader, which certificate, whose PIN, with readers and windows that are made up. */
#include "citizens.h"

#include "card/pin.h"
#include "component/access.h"

/* --- what is linked in front of card/ --- */

enum hufu_status __wrap_hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err);
enum hufu_status __wrap_hufu_cards_count(struct hufu_cards *cards, size_t *ret_count,
                                         struct hufu_error *err);
enum hufu_status __wrap_hufu_cards_reader(struct hufu_cards *cards, size_t index,
                                          struct hufu_reader *ret_reader, struct hufu_error *err);
enum hufu_status __wrap_hufu_token_login(struct hufu_token *token, const struct hufu_secret *pin,
                                         struct hufu_error *err);
void __wrap_hufu_token_release(struct hufu_token *token);
enum hufu_status __wrap_hufu_pin_ask(const struct hufu_pin_request *request,
                                     struct hufu_secret **ret_pin, struct hufu_error *err);

static int loads;
static bool no_driver;
static size_t reader_count;
static bool has_card[3];
static char tried_pin[HUFU_SECRET_MAX + 1];
static int logins, windows, notices, releases;
static bool person_cancels;

enum hufu_status __wrap_hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err)
{
    static char all_modules;
    loads++;
    if (no_driver)
        return hufu_fail(err, HUFU_E_NO_DRIVER, NULL);
    *ret_cards = (void *)&all_modules;
    return HUFU_OK;
}

enum hufu_status __wrap_hufu_cards_count(struct hufu_cards *cards, size_t *ret_count,
                                         struct hufu_error *err)
{
    assert_non_null(cards);
    (void)err;
    *ret_count = reader_count;
    return HUFU_OK;
}

enum hufu_status __wrap_hufu_cards_reader(struct hufu_cards *cards, size_t index,
                                          struct hufu_reader *ret_reader, struct hufu_error *err)
{
    (void)cards;
    if (index >= reader_count)
        return hufu_fail(err, HUFU_E_NO_READER, NULL);
    *ret_reader = (struct hufu_reader){.card_present = has_card[index]};
    return HUFU_OK;
}

enum hufu_status __wrap_hufu_token_login(struct hufu_token *token, const struct hufu_secret *pin,
                                         struct hufu_error *err)
{
    (void)token;
    (void)err;
    logins++;
    snprintf(tried_pin, sizeof tried_pin, "%s", pin ? hufu_secret_bytes(pin) : "(pad)");
    return HUFU_OK;
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
    assert_string_equal(request->origin, "https://a.gov.tw");
    assert_int_equal(notices, 1); /* told before the window opens */
    if (person_cancels)
        return hufu_fail(err, HUFU_E_CANCELLED, NULL);
    *ret_pin = hufu_secret_new("typed", 5);
    return HUFU_OK;
}

static void on_dialog(bool open)
{
    notices += open ? 1 : -1;
}

static struct hufu_page page_of(long reader)
{
    return (struct hufu_page){.reader = reader, .dialog = on_dialog, .origin = "https://a.gov.tw"};
}

/* --- the reader --- */

struct choice {
    size_t readers;
    bool card[3];
    long wanted;
    enum hufu_status status;
    size_t index;
};

static const struct choice choices[] = {
    {0, {0}, HUFU_READER_AUTOMATIC, HUFU_E_NO_READER, 0},
    {2, {0}, HUFU_READER_AUTOMATIC, HUFU_E_NO_CARD, 0},
    {3, {false, true, true}, HUFU_READER_AUTOMATIC, HUFU_OK, 1},
    {3, {false, true, true}, 2, HUFU_OK, 2},
    {3, {false, true, true}, 0, HUFU_E_NO_CARD, 0}, /* a choice is a choice */
    {3, {true, true, true}, 3, HUFU_E_NO_READER, 0},
};

static void chooses_a_reader(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(choices); i++) {
        struct hufu_page page = page_of(choices[i].wanted);
        struct hufu_reader reader;
        size_t index = 42;
        reader_count = choices[i].readers;
        memcpy(has_card, choices[i].card, sizeof has_card);
        assert_int_equal(hufu_access_choose(&page, &index, &reader, NULL), choices[i].status);
        assert_int_equal(index, choices[i].status == HUFU_OK ? choices[i].index : 42);
    }
}

static void loads_the_modules_when_they_are_needed(void **state)
{
    (void)state;
    struct hufu_page page = page_of(HUFU_READER_AUTOMATIC);
    size_t count = 42;
    reader_count = 2;
    loads = 0;
    no_driver = true;
    assert_int_equal(hufu_access_count(&page, &count, NULL), HUFU_E_NO_DRIVER);
    assert_int_equal(count, 42);
    no_driver = false;
    assert_int_equal(hufu_access_count(&page, &count, NULL), HUFU_OK); /* tried again */
    assert_int_equal(hufu_access_count(&page, &count, NULL), HUFU_OK);
    assert_int_equal(count, 2);
    assert_int_equal(loads, 2);
}

/* --- the certificate --- */

static void takes_the_first_certificate_that_suits(void **state)
{
    (void)state;
    static const char *const files[] = {"ca/issuing.der", "citizen/keyx.der", "citizen/sign.der"};
    static const struct {
        unsigned long key_usage;
        int index; /* -1: none */
    } rows[] = {{0, 1},    {HUFU_KEY_USAGE_SIGN, 2}, {0x80, 2}, {0x10, 1}, {0x90, 1}, {0x04, -1},
                {0x08, -1}};
    struct hufu_card_certificate list[COUNT(files)] = {0};
    struct hufu_access access = {.certificates = list, .certificate_count = COUNT(files)};
    for (size_t i = 0; i < COUNT(files); i++)
        list[i].certificate = citizen_certificate(files[i]);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_ptr_equal(hufu_access_certificate(&access, rows[i].key_usage),
                         rows[i].index < 0 ? NULL : &list[rows[i].index]);
    for (size_t i = 0; i < COUNT(files); i++)
        hufu_certificate_free(list[i].certificate);
}

/* --- the PIN --- */

struct login {
    const char *page_pin;
    bool cancel;
    enum hufu_status status;
    int windows;
    const char *tried; /* NULL: the card was not asked */
    struct hufu_reader reader;
};

static const struct login login_rows[] = {
    {"123456", false, HUFU_OK, 0, "123456", .reader = {.pin_set = true}},
    {"", false, HUFU_OK, 1, "typed", .reader = {.pin_set = true}},
    {"", true, HUFU_E_CANCELLED, 1, NULL, .reader = {.pin_set = true}},
    /* a page never gets the last try */
    {"123456", false, HUFU_OK, 1, "typed", .reader = {.pin_final_try = true}},
    {"123456", true, HUFU_E_CANCELLED, 1, NULL, .reader = {.pin_final_try = true}},
    {"123456", false, HUFU_OK, 0, "(pad)", .reader = {.pin_final_try = true, .pin_pad = true}},
    {"123456", false, HUFU_OK, 0, "123456", .reader = {.pin_count_low = true}},
    {"", false, HUFU_OK, 0, "(pad)", .reader = {.pin_pad = true}},
    {"123456", false, HUFU_OK, 0, "123456", .reader = {.pin_pad = true}},
    {"123456", false, HUFU_E_PIN_LOCKED, 0, NULL, .reader = {.pin_locked = true}},
    {"", false, HUFU_E_PIN_LOCKED, 0, NULL, .reader = {.pin_locked = true}},
};

static void asks_for_one_pin(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(login_rows); i++) {
        const struct login *row = &login_rows[i];
        struct hufu_page page = page_of(HUFU_READER_AUTOMATIC);
        struct hufu_access access = {.reader = row->reader};
        logins = windows = releases = notices = 0;
        person_cancels = row->cancel;
        assert_int_equal(
            hufu_access_login(&page, &access, row->page_pin, HUFU_TEXT_PURPOSE_SIGN, NULL),
            row->status);
        assert_int_equal(windows, row->windows);
        assert_int_equal(logins, row->tried != NULL);
        assert_int_equal(notices, 0); /* told again when it closed */
        if (row->tried)
            assert_string_equal(tried_pin, row->tried);
        hufu_access_done(&access);
        assert_int_equal(releases, 1);
        assert_null(access.pin);
    }
}

static void a_pin_may_be_too_long(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *pin = repeat('7', HUFU_SECRET_MAX + 1);
    struct hufu_page page = page_of(HUFU_READER_AUTOMATIC);
    HUFU_AUTO(hufu_access_done) struct hufu_access access = {0};
    logins = 0;
    assert_int_equal(hufu_access_login(&page, &access, pin, HUFU_TEXT_PURPOSE_SIGN, NULL),
                     HUFU_E_PIN_LENGTH);
    assert_int_equal(logins, 0);
    assert_int_equal(hufu_access_login(&page, &access, pin + 1, HUFU_TEXT_PURPOSE_SIGN, NULL),
                     HUFU_OK);
    assert_string_equal(tried_pin, pin + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_a_reader),
        cmocka_unit_test(loads_the_modules_when_they_are_needed),
        cmocka_unit_test(takes_the_first_certificate_that_suits),
        cmocka_unit_test(asks_for_one_pin),
        cmocka_unit_test(a_pin_may_be_too_long),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
