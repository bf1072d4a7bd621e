#include "card/pkcs11.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_cards *, hufu_cards_close)

/* Peculiarities of real modules, by how the manufacturer of module and slots begins. */
struct quirk {
    const char *manufacturer;
    bool spare_slot; /* shows one more slot with a blank token, which is not a reader */
    bool no_pcscd;   /* its cards are not in readers */
};

static const struct quirk quirks[] = {
    {.manufacturer = "SoftHSM", .spare_slot = true, .no_pcscd = true},
};

static const struct quirk *quirk_of(const CK_UTF8CHAR *manufacturer)
{
    static const struct quirk none = {.manufacturer = ""};
    for (size_t i = 0; i < sizeof quirks / sizeof quirks[0]; i++)
        if (memcmp(manufacturer, quirks[i].manufacturer, strlen(quirks[i].manufacturer)) == 0)
            return &quirks[i];
    return &none;
}

/* PKCS#11 pads texts with spaces; a card may send anything else. */
static void copy_padded(char *ret_text, const CK_UTF8CHAR *padded, size_t len)
{
    memcpy(ret_text, padded, len);
    ret_text[len] = 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)ret_text[i] < 0x20 || ret_text[i] == 0x7f)
            ret_text[i] = '?';
    while (len > 0 && ret_text[len - 1] == ' ')
        ret_text[--len] = 0;
}

/* Modules of trust policy (p11-kit-trust) hold certificates of CAs, not cards. */
static bool is_trust_policy(CK_FUNCTION_LIST *module)
{
    HUFU_AUTO(hufu_free) char *value = p11_kit_config_option(module, "trust-policy");
    return value && strcmp(value, "yes") == 0;
}

/* As a program with one thread, which a worker is: with locks, OpenSC 0.23 waits for itself for
 * ever once a card was pulled. `x-init-reserved` is p11-kit's way to hand a module its parameters.
 */
CK_RV hufu_module_initialise(CK_FUNCTION_LIST *module)
{
    HUFU_AUTO(hufu_free) char *reserved = p11_kit_config_option(module, "x-init-reserved");
    CK_C_INITIALIZE_ARGS arguments = {.pReserved = reserved};
    return module->C_Initialize(reserved ? &arguments : NULL);
}

/* A module hears the PIN. p11-kit has loaded it by now, but it gets no further when somebody else
 * could have written it. */
static bool is_guarded(CK_FUNCTION_LIST *module)
{
    HUFU_AUTO(hufu_free) char *path = p11_kit_module_get_filename(module);
    return path && hufu_file_is_guarded(path);
}

static bool uses_pcscd(CK_FUNCTION_LIST *module)
{
    CK_INFO info;
    return module->C_GetInfo(&info) == CKR_OK && !quirk_of(info.manufacturerID)->no_pcscd;
}

static void add_module(struct hufu_cards *cards, CK_FUNCTION_LIST *module)
{
    if (cards->module_count == HUFU_MODULES_MAX || is_trust_policy(module))
        return;
    if (!is_guarded(module)) {
        hufu_log("a PKCS#11 module was left out: others can write its file or a folder above it");
        return;
    }
    CK_RV code = hufu_module_initialise(module);
    if (code != CKR_OK) {
        hufu_log("a PKCS#11 module was left out: CKR 0x%lx", code);
        return;
    }
    cards->use_pcscd[cards->module_count] = uses_pcscd(module);
    cards->modules[cards->module_count++] = module;
}

/* p11-kit keeps what is loaded until the list is released; this one stays as long as the process.
 */
void hufu_cards_preload(void)
{
    static CK_FUNCTION_LIST **preloaded;
    p11_kit_be_quiet();
    if (!preloaded)
        preloaded = p11_kit_modules_load(NULL, P11_KIT_MODULE_UNMANAGED);
}

enum hufu_status hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err)
{
    HUFU_AUTO(hufu_cards_close_auto) struct hufu_cards *cards = calloc(1, sizeof *cards);
    if (!cards)
        return hufu_fail(err, HUFU_E_MEMORY, "cards");
    p11_kit_be_quiet();
    cards->loaded = p11_kit_modules_load(NULL, P11_KIT_MODULE_UNMANAGED);
    for (CK_FUNCTION_LIST **module = cards->loaded; module && *module; module++)
        add_module(cards, *module);
    if (cards->module_count == 0)
        return hufu_fail(err, HUFU_E_NO_DRIVER, p11_kit_message());
    *ret_cards = HUFU_TAKE(cards);
    return HUFU_OK;
}

void hufu_cards_close(struct hufu_cards *cards)
{
    if (!cards)
        return;
    hufu_token_free(cards->token);
    for (size_t i = 0; i < cards->module_count; i++)
        cards->modules[i]->C_Finalize(NULL);
    if (cards->loaded)
        p11_kit_modules_release(cards->loaded);
    free(cards);
}

/* The token is asked only where that matters: on a real card it is not for free. */
static bool is_spare_slot(CK_FUNCTION_LIST *module, CK_SLOT_ID id)
{
    CK_SLOT_INFO slot;
    CK_TOKEN_INFO token;
    return module->C_GetSlotInfo(id, &slot) == CKR_OK &&
           quirk_of(slot.manufacturerID)->spare_slot &&
           module->C_GetTokenInfo(id, &token) == CKR_OK && !(token.flags & CKF_TOKEN_INITIALIZED);
}

/* What was a reader at this place of the list in the count before is one. */
static void add_slot(struct hufu_cards *cards, size_t index, CK_SLOT_ID id)
{
    CK_FUNCTION_LIST *module = cards->modules[index];
    struct hufu_slot *slot = &cards->slots[cards->slot_count];
    bool known = slot->module == module && slot->id == id;
    if (!known && is_spare_slot(module, id))
        return;
    *slot = (struct hufu_slot){.module = module, .id = id, .pcscd = cards->use_pcscd[index]};
    cards->slot_count++;
}

static void add_slots(struct hufu_cards *cards, size_t index)
{
    CK_FUNCTION_LIST *module = cards->modules[index];
    CK_SLOT_ID ids[HUFU_READERS_MAX];
    CK_ULONG count = 0;
    /* Only the question without a buffer makes a module look for new readers. */
    CK_RV code = module->C_GetSlotList(CK_FALSE, NULL, &count);
    count = HUFU_READERS_MAX;
    if (code == CKR_OK)
        code = module->C_GetSlotList(CK_FALSE, ids, &count);
    if (code != CKR_OK || count > HUFU_READERS_MAX) {
        hufu_log("a module's slots were left out: CKR 0x%lx", code);
        return;
    }
    for (CK_ULONG i = 0; i < count && cards->slot_count < HUFU_READERS_MAX; i++)
        add_slot(cards, index, ids[i]);
}

enum hufu_status hufu_cards_count(struct hufu_cards *cards, size_t *ret_count,
                                  struct hufu_error *err)
{
    (void)err;
    cards->slot_count = cards->asked_count = 0;
    cards->doubtful = false;
    for (size_t i = 0; i < cards->module_count; i++)
        add_slots(cards, i);
    *ret_count = cards->slot_count;
    return HUFU_OK;
}

static void fill_card(struct hufu_reader *reader, const CK_TOKEN_INFO *token)
{
    reader->card_known = token->flags & CKF_TOKEN_INITIALIZED;
    reader->pin_set = token->flags & CKF_USER_PIN_INITIALIZED;
    reader->pin_locked = token->flags & CKF_USER_PIN_LOCKED;
    reader->pin_final_try = token->flags & CKF_USER_PIN_FINAL_TRY;
    reader->pin_count_low = token->flags & CKF_USER_PIN_COUNT_LOW;
    reader->pin_pad = token->flags & CKF_PROTECTED_AUTHENTICATION_PATH;
    reader->pin_min = token->ulMinPinLen;
    reader->pin_max = token->ulMaxPinLen;
    copy_padded(reader->card_manufacturer, token->manufacturerID, sizeof token->manufacturerID);
    copy_padded(reader->card_label, token->label, sizeof token->label);
    copy_padded(reader->card_serial, token->serialNumber, sizeof token->serialNumber);
}

enum hufu_status hufu_slot_look(const struct hufu_slot *slot, struct hufu_reader *ret_reader,
                                struct hufu_error *err)
{
    CK_SLOT_INFO info;
    CK_TOKEN_INFO token;
    HUFU_TRY_CKR(slot->module->C_GetSlotInfo(slot->id, &info), err);
    struct hufu_reader reader = {.card_present = info.flags & CKF_TOKEN_PRESENT};
    copy_padded(reader.name, info.slotDescription, sizeof info.slotDescription);
    if (reader.card_present) {
        CK_RV code = slot->module->C_GetTokenInfo(slot->id, &token);
        if (code == CKR_OK)
            fill_card(&reader, &token);
        else if (code == CKR_TOKEN_NOT_PRESENT)
            reader.card_present = false;
        else if (code != CKR_TOKEN_NOT_RECOGNIZED)
            return hufu_fail_ckr(err, code, "C_GetTokenInfo");
    }
    *ret_reader = reader;
    return HUFU_OK;
}

enum hufu_status hufu_cards_reader(struct hufu_cards *cards, size_t index,
                                   struct hufu_reader *ret_reader, struct hufu_error *err)
{
    if (index >= cards->slot_count)
        return hufu_fail(err, HUFU_E_NO_READER, NULL);
    cards->asked_count++;
    cards->asked.name[0] = 0;
    HUFU_TRY(hufu_slot_look(&cards->slots[index], ret_reader, err));
    cards->asked = *ret_reader;
    return HUFU_OK;
}
