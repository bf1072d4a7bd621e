/* What failed calls are told as, with a pcscd that is made up. */
#include "bytes.h"

#include "card/pcsc.h"
#include "card/pkcs11.h"

void __wrap_hufu_pcsc_look(struct hufu_pcsc *pcsc, struct hufu_pcsc_state *ret_state);
void __wrap_hufu_pcsc_wait_briefly(struct hufu_pcsc *pcsc, unsigned most_ms);

static struct hufu_pcsc_state now;
static struct hufu_pcsc_state later; /* once it has been waited for */
static int looks;

void __wrap_hufu_pcsc_look(struct hufu_pcsc *pcsc, struct hufu_pcsc_state *ret_state)
{
    (void)pcsc;
    looks++;
    *ret_state = now;
}

void __wrap_hufu_pcsc_wait_briefly(struct hufu_pcsc *pcsc, unsigned most_ms)
{
    (void)pcsc;
    (void)most_ms;
    now = later;
}

/* Readers "A" and "B", as letters say: a card (c), one that is held (h), a mute one (m), none (-).
 */
static struct hufu_pcsc_state state_of(const char *letters)
{
    struct hufu_pcsc_state state = {.service = HUFU_PCSC_RUNNING, .count = strlen(letters)};
    for (size_t i = 0; i < state.count; i++)
        state.readers[i] = (struct hufu_pcsc_reader){.name = {(char)('A' + i)},
                                                     .card_present = letters[i] != '-',
                                                     .exclusive = letters[i] == 'h',
                                                     .mute = letters[i] == 'm'};
    return state;
}

struct row {
    enum hufu_status status;
    const char *before;
    const char *after;
    const char *asked; /* the one reader that a module was asked about; NULL: all */
    enum hufu_status cause;
    bool doubtful;
};

static const struct row rows[] = {
    /* The card was in B. */
    {HUFU_E_TOKEN, "-c", "--", NULL, HUFU_E_REMOVED, true},
    {HUFU_E_DEVICE, "c-", "c-", NULL, HUFU_E_REMOVED, true},
    {HUFU_E_LOGGED_OUT, "", "", NULL, HUFU_E_NO_READER, true},
    {HUFU_E_TOKEN, "c", "c", NULL, HUFU_E_TOKEN, true}, /* of another name */
    {HUFU_E_DECRYPT, "-c", "-c", NULL, HUFU_E_DECRYPT, false},
    {HUFU_E_DECRYPT, "-c", "--", NULL, HUFU_E_REMOVED, true},
    {HUFU_E_PIN_INCORRECT, "--", "--", NULL, HUFU_E_PIN_INCORRECT, false},
    {HUFU_E_CANCELLED, "--", "--", NULL, HUFU_E_CANCELLED, false},
    /* No card. */
    {HUFU_E_NO_CARD, "--", "--", NULL, HUFU_E_NO_CARD, false},
    {HUFU_E_NO_CARD, "-h", "-h", NULL, HUFU_E_CARD_BUSY, false},
    {HUFU_E_NO_CARD, "-h", "-h", "A", HUFU_E_NO_CARD, false},
    {HUFU_E_NO_CARD, "-h", "-h", "B", HUFU_E_CARD_BUSY, false},
    {HUFU_E_NO_CARD, "m-", "m-", NULL, HUFU_E_UNKNOWN_CARD, false},
    {HUFU_E_NO_CARD, "c-", "c-", NULL, HUFU_E_NO_CARD, true},
    {HUFU_E_NO_CARD, "", "", NULL, HUFU_E_NO_READER, false},
    {HUFU_E_UNKNOWN_CARD, "c-", "c-", NULL, HUFU_E_UNKNOWN_CARD, false},
    {HUFU_E_NO_READER, "--", "--", NULL, HUFU_E_NO_READER, false}, /* a page's wrong choice */
};

static struct hufu_cards cards_of(struct hufu_token *token, const char *asked)
{
    *token = (struct hufu_token){.slot = {.pcscd = true}, .reader = {.name = "B"}};
    struct hufu_cards cards = {.module_count = 1,
                               .use_pcscd = {true},
                               .slot_count = 2,
                               .slots = {{.pcscd = true}, {.pcscd = true}},
                               .token = token,
                               .asked_count = asked ? 1 : 2};
    if (asked)
        cards.asked.name[0] = asked[0];
    return cards;
}

static void knows_what_was_in_the_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct hufu_token token;
        struct hufu_cards cards = cards_of(&token, rows[i].asked);
        now = state_of(rows[i].before);
        later = state_of(rows[i].after);
        enum hufu_status cause = hufu_cards_cause(&cards, rows[i].status);
        if (cause != rows[i].cause || hufu_cards_are_doubtful(&cards) != rows[i].doubtful)
            fail_msg("row %zu: %s", i, hufu_status_symbol(cause));
    }
}

static void a_card_that_stays_leaves_the_failure_as_it_is(void **state)
{
    (void)state;
    struct hufu_token token;
    struct hufu_cards cards = cards_of(&token, NULL);
    now = later = state_of("-c");
    assert_int_equal(hufu_cards_cause(&cards, HUFU_E_TOKEN), HUFU_E_TOKEN);
}

static void names_a_service_that_is_not_there(void **state)
{
    (void)state;
    struct hufu_token token;
    struct hufu_cards cards = cards_of(&token, NULL);
    now = later = (struct hufu_pcsc_state){.service = HUFU_PCSC_REFUSED};
    assert_int_equal(hufu_cards_cause(&cards, HUFU_E_NO_CARD), HUFU_E_PCSC_REFUSED);
    assert_int_equal(hufu_cards_cause(&cards, HUFU_E_TOKEN), HUFU_E_PCSC_REFUSED);
    cards.slot_count = 0;
    assert_int_equal(hufu_cards_cause(&cards, HUFU_E_NO_READER), HUFU_E_PCSC_REFUSED);
}

static void does_not_ask_about_cards_that_are_in_no_reader(void **state)
{
    (void)state;
    struct hufu_token token;
    struct hufu_cards cards = cards_of(&token, NULL);
    cards.slots[0].pcscd = cards.slots[1].pcscd = token.slot.pcscd = cards.use_pcscd[0] = false;
    looks = 0;
    assert_int_equal(hufu_cards_cause(&cards, HUFU_E_NO_CARD), HUFU_E_NO_CARD);
    assert_int_equal(hufu_cards_cause(&cards, HUFU_E_TOKEN), HUFU_E_TOKEN);
    assert_true(hufu_cards_are_doubtful(&cards));
    assert_int_equal(hufu_cards_cause(NULL, HUFU_E_TOKEN), HUFU_E_TOKEN);
    assert_int_equal(looks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_was_in_the_way),
        cmocka_unit_test(a_card_that_stays_leaves_the_failure_as_it_is),
        cmocka_unit_test(names_a_service_that_is_not_there),
        cmocka_unit_test(does_not_ask_about_cards_that_are_in_no_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
