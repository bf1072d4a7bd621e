#include "card/pcsc.h"
#include "card/pkcs11.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_pcsc *, hufu_pcsc_free)

/* pcscd looks into its readers every 0.4 s; a module notices a pulled card at once. */
enum { NOTICE_MS = 700 };

static bool is_among(enum hufu_status status, const enum hufu_status *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == status)
            return true;
    return false;
}

/* A card that was there, and failed: a reader stumbled, the card was pulled, pcscd has ended.
 * Modules differ in what they make of it, so it is every code of PKCS#11 but those that a module
 * in its right mind says of a card or a PIN. Some take a pulled card for a damaged cipher. */
static bool is_failure(enum hufu_status status)
{
    enum { PKCS11_FIRST = 9001, PKCS11_LAST = 9999 };
    static const enum hufu_status plain[] = {
        HUFU_E_TOKEN_MEMORY,   HUFU_E_CKR_SLOT,        HUFU_E_DATA_LENGTH, HUFU_E_CKR_DEVICE_MEMORY,
        HUFU_E_CKR_KEY_HANDLE, HUFU_E_MECHANISM,       HUFU_E_PIN_INVALID, HUFU_E_PIN_INCORRECT,
        HUFU_E_PIN_LENGTH,     HUFU_E_CKR_PIN_EXPIRED, HUFU_E_PIN_LOCKED,  HUFU_E_PIN_NOT_SET,
        HUFU_E_NO_CARD,        HUFU_E_UNKNOWN_CARD,    HUFU_E_NO_KEY,      HUFU_E_NO_READER,
    };
    int code = hufu_status_code(status);
    return status == HUFU_E_DECRYPT || (code >= PKCS11_FIRST && code <= PKCS11_LAST &&
                                        !is_among(status, plain, sizeof plain / sizeof plain[0]));
}

/* Nothing there, or nothing known. */
static bool is_absence(enum hufu_status status)
{
    static const enum hufu_status list[] = {HUFU_E_NO_READER, HUFU_E_NO_CARD, HUFU_E_UNKNOWN_CARD};
    return is_among(status, list, sizeof list / sizeof list[0]);
}

/* Whether it is the reader that PKCS#11 calls `name`, which it cuts off; "" is any. */
static bool is_named(const struct hufu_pcsc_reader *reader, const char *name)
{
    return strncmp(name, reader->name, strlen(name)) == 0;
}

/* A module sees no card that another program keeps for itself and none that is mute, and readers
 * that are gone. */
static enum hufu_status cause_of_absence(struct hufu_cards *cards,
                                         const struct hufu_pcsc_state *state,
                                         enum hufu_status status)
{
    const char *name = cards->asked_count == 1 ? cards->asked.name : "";
    enum hufu_status cause = state->count > 0 ? status : HUFU_E_NO_READER;
    for (size_t i = 0; i < state->count; i++) {
        const struct hufu_pcsc_reader *reader = &state->readers[i];
        if (!reader->card_present || !is_named(reader, name))
            continue;
        if (reader->exclusive)
            return HUFU_E_CARD_BUSY;
        if (reader->mute)
            cause = HUFU_E_UNKNOWN_CARD;
        else
            cards->doubtful = cards->doubtful || status == HUFU_E_NO_CARD;
    }
    cards->doubtful = cards->doubtful || (cards->slot_count == 0 && state->count > 0);
    return cause;
}

static const struct hufu_pcsc_reader *find(const struct hufu_pcsc_state *state, const char *name)
{
    for (size_t i = 0; i < state->count; i++)
        if (is_named(&state->readers[i], name))
            return &state->readers[i];
    return NULL;
}

/* Looks until the card is gone, or long enough; other things change as well. */
static const struct hufu_pcsc_reader *find_at_last(struct hufu_pcsc *pcsc,
                                                   struct hufu_pcsc_state *state, const char *name)
{
    const struct hufu_pcsc_reader *reader = find(state, name);
    int64_t end_ms = hufu_clock_ms() + NOTICE_MS;
    for (int64_t now = hufu_clock_ms(); now < end_ms && reader && reader->card_present;
         now = hufu_clock_ms()) {
        hufu_pcsc_wait_briefly(pcsc, (unsigned)(end_ms - now));
        hufu_pcsc_look(pcsc, state);
        reader = find(state, name);
    }
    return reader;
}

static enum hufu_status cause_of_failure(const struct hufu_cards *cards, struct hufu_pcsc *pcsc,
                                         struct hufu_pcsc_state *state, enum hufu_status status)
{
    const struct hufu_pcsc_reader *reader = find_at_last(pcsc, state, cards->token->reader.name);
    if (state->service != HUFU_PCSC_RUNNING)
        return hufu_pcsc_service_status(state->service);
    if (!reader)
        return state->count == 0 ? HUFU_E_NO_READER : status;
    return reader->card_present ? status : HUFU_E_REMOVED;
}

/* Whether pcscd can know anything of it: cards of SoftHSM fail without it, and a page may choose a
 * reader that there never was. */
static bool concerns_pcscd(const struct hufu_cards *cards, enum hufu_status status)
{
    bool any = false;
    if (is_failure(status))
        return cards->token && cards->token->slot.pcscd;
    if (status == HUFU_E_NO_READER && cards->slot_count > 0)
        return false;
    for (size_t i = 0; i < cards->slot_count; i++)
        any = any || cards->slots[i].pcscd;
    for (size_t i = 0; cards->slot_count == 0 && i < cards->module_count; i++)
        any = any || cards->use_pcscd[i];
    return any;
}

enum hufu_status hufu_cards_cause(struct hufu_cards *cards, enum hufu_status status)
{
    if (!cards || !(is_failure(status) || is_absence(status)))
        return status;
    cards->doubtful = is_failure(status) && status != HUFU_E_DECRYPT;
    if (!concerns_pcscd(cards, status))
        return status;
    HUFU_AUTO(hufu_pcsc_free_auto) struct hufu_pcsc *pcsc = hufu_pcsc_new(0);
    struct hufu_pcsc_state state;
    if (!pcsc)
        return status;
    hufu_pcsc_look(pcsc, &state);
    if (state.service != HUFU_PCSC_RUNNING)
        return hufu_pcsc_service_status(state.service);
    if (is_absence(status))
        return cause_of_absence(cards, &state, status);
    enum hufu_status cause = cause_of_failure(cards, pcsc, &state, status);
    cards->doubtful = cards->doubtful || cause != status;
    return cause;
}

bool hufu_cards_are_doubtful(const struct hufu_cards *cards)
{
    return cards->doubtful;
}
