/* Which reader, which certificate, with readers that are made up. */
#include "citizens.h"

#include "component/access.h"

/* --- what is linked in front of card/ --- */

enum hufu_status __wrap_hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err);
enum hufu_status __wrap_hufu_cards_count(struct hufu_cards *cards, size_t *ret_count,
                                         struct hufu_error *err);
enum hufu_status __wrap_hufu_cards_reader(struct hufu_cards *cards, size_t index,
                                          struct hufu_reader *ret_reader, struct hufu_error *err);

static int loads;
static bool no_driver;
static size_t reader_count;
static bool has_card[3];

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

static struct hufu_page page_of(long reader)
{
    return (struct hufu_page){.reader = reader};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_a_reader),
        cmocka_unit_test(loads_the_modules_when_they_are_needed),
        cmocka_unit_test(takes_the_first_certificate_that_suits),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
