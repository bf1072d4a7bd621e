#include "card/pkcs11.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* RSA-4096 gives and takes 512 bytes. */
enum { SIGNATURE_MAX = 512, CIPHER_MAX = 512 };

void hufu_token_free(struct hufu_token *token)
{
    if (!token)
        return;
    hufu_token_let_go(token);
    token->module->C_CloseSession(token->session);
    hufu_token_forget(token);
    free(token);
}

/* A session does not survive its card (PKCS#11 §6.7); the label and number are for modules that
 * notice late. */
static bool is_same_card(const struct hufu_token *token, const struct hufu_reader *reader)
{
    return reader->card_present && strcmp(token->reader.card_serial, reader->card_serial) == 0 &&
           strcmp(token->reader.card_label, reader->card_label) == 0;
}

static bool still_there(const struct hufu_token *token, const struct hufu_slot *slot,
                        const struct hufu_reader *reader)
{
    CK_SESSION_INFO info;
    return token->slot.module == slot->module && token->slot.id == slot->id &&
           is_same_card(token, reader) &&
           token->module->C_GetSessionInfo(token->session, &info) == CKR_OK;
}

static enum hufu_status open_new(const struct hufu_slot *slot, struct hufu_token **ret_token,
                                 struct hufu_error *err)
{
    HUFU_AUTO(hufu_free) struct hufu_token *token = calloc(1, sizeof *token);
    if (!token)
        return hufu_fail(err, HUFU_E_MEMORY, "token");
    token->slot = *slot;
    token->module = slot->module;
    HUFU_TRY_CKR(
        token->module->C_OpenSession(slot->id, CKF_SERIAL_SESSION, NULL, NULL, &token->session),
        err);
    *ret_token = HUFU_TAKE(token);
    return HUFU_OK;
}

enum hufu_status hufu_token_open(struct hufu_cards *cards, size_t index,
                                 const struct hufu_reader *reader, struct hufu_token **ret_token,
                                 struct hufu_error *err)
{
    if (!reader->card_present)
        return hufu_fail(err, HUFU_E_NO_CARD, NULL);
    if (!reader->card_known)
        return hufu_fail(err, HUFU_E_UNKNOWN_CARD, NULL);
    const struct hufu_slot *slot = &cards->slots[index];
    if (!cards->token || !still_there(cards->token, slot, reader)) {
        hufu_token_free(HUFU_TAKE(cards->token));
        HUFU_TRY(open_new(slot, &cards->token, err));
    }
    cards->token->current = false;
    cards->token->reader = *reader;
    *ret_token = cards->token;
    return HUFU_OK;
}

void hufu_token_release(struct hufu_token *token)
{
    if (token && !token->held)
        hufu_token_let_go(token);
}

void hufu_token_hold(struct hufu_token *token)
{
    token->held = token->logged_in;
}

struct hufu_token *hufu_token_held(const struct hufu_cards *cards)
{
    return cards && cards->token && cards->token->held ? cards->token : NULL;
}

void hufu_token_let_go(struct hufu_token *token)
{
    if (token && token->logged_in)
        token->module->C_Logout(token->session);
    if (token) {
        token->logged_in = token->held = false;
        token->key.found = false; /* a logout may give it another handle */
        token->pin = NULL;
    }
}

/* --- PIN --- */

/* p11-kit's prototype lacks const; the module only reads. */
static CK_RV log_in(struct hufu_token *token, CK_USER_TYPE user)
{
    CK_UTF8CHAR *pin = token->pin ? (CK_UTF8CHAR *)(uintptr_t)hufu_secret_bytes(token->pin) : NULL;
    CK_RV code = token->module->C_Login(token->session, user, pin,
                                        token->pin ? hufu_secret_len(token->pin) : 0);
    hufu_log_debug("C_Login: CKR 0x%lx", code);
    return code;
}

enum hufu_status hufu_token_look(struct hufu_token *token, struct hufu_reader *ret_reader,
                                 struct hufu_error *err)
{
    struct hufu_reader now;
    HUFU_TRY(hufu_slot_look(&token->slot, &now, err));
    if (!is_same_card(token, &now))
        return hufu_fail(err, HUFU_E_REMOVED, "another card, or none");
    token->reader = now;
    *ret_reader = now;
    return HUFU_OK;
}

enum hufu_status hufu_token_check_session(struct hufu_token *token, struct hufu_error *err)
{
    CK_SESSION_INFO info;
    HUFU_TRY_CKR(token->module->C_GetSessionInfo(token->session, &info), err);
    return HUFU_OK;
}

enum hufu_status hufu_token_check_pin(const struct hufu_token *token, const struct hufu_secret *pin,
                                      struct hufu_error *err)
{
    size_t len = hufu_secret_len(pin);
    if (len == 0 || len < token->reader.pin_min || len > token->reader.pin_max)
        return hufu_fail(err, HUFU_E_PIN_LENGTH, NULL);
    return HUFU_OK;
}

enum hufu_status hufu_token_login(struct hufu_token *token, const struct hufu_secret *pin,
                                  struct hufu_error *err)
{
    const struct hufu_reader *reader = &token->reader;
    if (reader->pin_locked)
        return hufu_fail(err, HUFU_E_PIN_LOCKED, "flag of the card");
    if (!pin && !reader->pin_pad)
        return hufu_fail(err, HUFU_E_PIN_LENGTH, "no PIN");
    if (pin)
        HUFU_TRY(hufu_token_check_pin(token, pin, err));
    hufu_token_let_go(token); /* a login that is held was for something else */
    token->pin = pin;
    HUFU_TRY_CKR(log_in(token, CKU_USER), err);
    token->logged_in = true;
    return HUFU_OK;
}

/* --- the private key --- */

static enum hufu_status find_key(struct hufu_token *token, const struct hufu_card_certificate *of,
                                 CK_OBJECT_HANDLE *ret_key, struct hufu_error *err)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    uint8_t id[HUFU_KEY_ID_MAX];
    memcpy(id, of->key_id, of->key_id_len);
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof class},
        {CKA_ID, id, of->key_id_len},
    };
    size_t count = 0;
    CK_OBJECT_HANDLE key = 0;
    HUFU_TRY(hufu_token_find(token, template, 2, &key, 1, &count, err));
    if (count == 0)
        return hufu_fail(err, HUFU_E_NO_KEY, NULL);
    *ret_key = key;
    return HUFU_OK;
}

/* One question for both: each takes its time, on a card above all. */
static void ask_key(struct hufu_token *token, struct hufu_key *key)
{
    CK_ULONG type = CKK_RSA;
    CK_BBOOL always = CK_FALSE;
    CK_ATTRIBUTE attributes[] = {
        {CKA_KEY_TYPE, &type, sizeof type},
        {CKA_ALWAYS_AUTHENTICATE, &always, sizeof always},
    };
    /* Modules that do not know the second one say so of the whole call. */
    (void)token->module->C_GetAttributeValue(token->session, key->handle, attributes, 2);
    key->ec = attributes[0].ulValueLen == sizeof type && type == CKK_EC;
    key->asks_at_each_use = attributes[1].ulValueLen == sizeof always && always;
}

static enum hufu_status know_key(struct hufu_token *token, const struct hufu_card_certificate *of,
                                 struct hufu_error *err)
{
    struct hufu_key *key = &token->key;
    bool known = key->known && key->id_len == of->key_id_len &&
                 memcmp(key->id, of->key_id, key->id_len) == 0;
    if (known && key->found)
        return HUFU_OK;
    key->known = key->found = false;
    HUFU_TRY(find_key(token, of, &key->handle, err));
    if (!known)
        ask_key(token, key);
    memcpy(key->id, of->key_id, of->key_id_len);
    key->id_len = of->key_id_len;
    key->known = true;
    key->found = token->logged_in;
    return HUFU_OK;
}

/* --- signing --- */

enum hufu_status hufu_token_sign(void *token_key, struct hufu_bytes input,
                                 struct hufu_buf *ret_signature, struct hufu_error *err)
{
    const struct hufu_token_key *use = token_key;
    struct hufu_token *token = use->token;
    HUFU_TRY(know_key(token, use->of, err));
    CK_MECHANISM mechanism = {.mechanism = token->key.ec ? CKM_ECDSA : CKM_RSA_PKCS};
    HUFU_TRY_CKR(token->module->C_SignInit(token->session, &mechanism, token->key.handle), err);
    if (token->key.asks_at_each_use)
        HUFU_TRY_CKR(log_in(token, CKU_CONTEXT_SPECIFIC), err);
    CK_BYTE signature[SIGNATURE_MAX];
    CK_ULONG len = sizeof signature;
    CK_BYTE *data = (CK_BYTE *)(uintptr_t)input.data; /* read only, as above */
    HUFU_TRY_CKR(token->module->C_Sign(token->session, data, input.len, signature, &len), err);
    if (len > sizeof signature)
        return hufu_fail(err, HUFU_E_TOKEN, "signature too long");
    hufu_buf_add(ret_signature, signature, len);
    return ret_signature->failed ? hufu_fail(err, HUFU_E_TOKEN, "signature too long") : HUFU_OK;
}

/* --- decrypting --- */

/* What a module says of the card and never of a cipher. */
static bool is_of_card(CK_RV code)
{
    static const CK_RV codes[] = {
        CKR_DEVICE_REMOVED,         CKR_TOKEN_NOT_PRESENT, CKR_USER_NOT_LOGGED_IN,
        CKR_SESSION_HANDLE_INVALID, CKR_SESSION_CLOSED,    CKR_HOST_MEMORY,
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static enum hufu_status begin_decrypting(const struct hufu_token_key *use, struct hufu_error *err)
{
    struct hufu_token *token = use->token;
    CK_MECHANISM mechanism = {.mechanism = CKM_RSA_PKCS};
    HUFU_TRY(know_key(token, use->of, err));
    if (token->key.ec)
        return hufu_fail(err, HUFU_E_MECHANISM, "key is not RSA");
    HUFU_TRY_CKR(token->module->C_DecryptInit(token->session, &mechanism, token->key.handle), err);
    if (token->key.asks_at_each_use)
        HUFU_TRY_CKR(log_in(token, CKU_CONTEXT_SPECIFIC), err);
    return HUFU_OK;
}

enum hufu_status hufu_token_decrypt(void *token_key, struct hufu_bytes cipher,
                                    struct hufu_buf *ret_data, struct hufu_error *err)
{
    const struct hufu_token_key *use = token_key;
    struct hufu_token *token = use->token;
    CK_BYTE data[CIPHER_MAX];
    CK_ULONG len = sizeof data;
    if (cipher.len == 0 || cipher.len > CIPHER_MAX)
        return hufu_fail(err, HUFU_E_DECRYPT, NULL);
    HUFU_TRY(begin_decrypting(use, err));
    CK_BYTE *input = (CK_BYTE *)(uintptr_t)cipher.data; /* read only, as above */
    CK_RV code = token->module->C_Decrypt(token->session, input, cipher.len, data, &len);
    if (code == CKR_OK && len <= sizeof data)
        hufu_buf_add(ret_data, data, len);
    explicit_bzero(data, sizeof data);
    if (is_of_card(code))
        return hufu_fail_ckr(err, code, "C_Decrypt");
    bool good = code == CKR_OK && len <= sizeof data && !ret_data->failed;
    return good ? HUFU_OK : hufu_fail(err, HUFU_E_DECRYPT, NULL);
}
