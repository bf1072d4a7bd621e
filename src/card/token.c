#include "card/pkcs11.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* RSA-4096 gives 512 bytes. */
enum { SIGNATURE_MAX = 512, FIND_STEP = 32 };

struct hufu_token {
    struct hufu_slot slot;
    CK_FUNCTION_LIST *module;
    CK_SESSION_HANDLE session;
    struct hufu_reader reader;
    bool logged_in;
    const struct hufu_secret *pin;
    struct hufu_card_certificate *certificates; /* NULL until they were read */
    size_t certificate_count;
    bool all_read; /* what a module failed to give once is asked for again in the next call */
};

static void forget_certificates(struct hufu_token *token)
{
    for (size_t i = 0; i < token->certificate_count; i++)
        hufu_certificate_free(token->certificates[i].certificate);
    free(token->certificates);
    token->certificates = NULL;
    token->certificate_count = 0;
}

void hufu_token_free(struct hufu_token *token)
{
    if (!token)
        return;
    hufu_token_release(token);
    token->module->C_CloseSession(token->session);
    forget_certificates(token);
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
    if (!cards->token->all_read)
        forget_certificates(cards->token);
    cards->token->reader = *reader;
    *ret_token = cards->token;
    return HUFU_OK;
}

void hufu_token_release(struct hufu_token *token)
{
    if (token && token->logged_in)
        token->module->C_Logout(token->session);
    if (token) {
        token->logged_in = false;
        token->pin = NULL;
    }
}

/* --- objects --- */

/* Finds at most `max` objects; a module that never says "no more" is stopped there. */
static enum hufu_status find(struct hufu_token *token, CK_ATTRIBUTE *template, CK_ULONG count,
                             CK_OBJECT_HANDLE *ret_objects, size_t max, size_t *ret_count,
                             struct hufu_error *err)
{
    CK_ULONG step = 1;
    CK_RV code = CKR_OK;
    size_t found = 0;
    HUFU_TRY_CKR(token->module->C_FindObjectsInit(token->session, template, count), err);
    while (code == CKR_OK && step > 0 && found < max) {
        CK_ULONG room = max - found < FIND_STEP ? max - found : FIND_STEP;
        code = token->module->C_FindObjects(token->session, ret_objects + found, room, &step);
        if (code == CKR_OK && step > room)
            code = CKR_GENERAL_ERROR;
        if (code == CKR_OK)
            found += step;
    }
    token->module->C_FindObjectsFinal(token->session);
    if (code != CKR_OK)
        return hufu_fail_ckr(err, code, "C_FindObjects");
    *ret_count = found;
    return HUFU_OK;
}

/* One attribute of at most the buffer's maximum, whatever length the module claims. */
static enum hufu_status get_attribute(struct hufu_token *token, CK_OBJECT_HANDLE object,
                                      CK_ATTRIBUTE_TYPE type, struct hufu_buf *ret_value,
                                      struct hufu_error *err)
{
    CK_ATTRIBUTE attribute = {.type = type};
    HUFU_TRY_CKR(token->module->C_GetAttributeValue(token->session, object, &attribute, 1), err);
    CK_ULONG len = attribute.ulValueLen;
    uint8_t *value = len == CK_UNAVAILABLE_INFORMATION ? NULL : hufu_buf_extend(ret_value, len);
    if (!value)
        return hufu_fail(err, HUFU_E_TOKEN, "attribute missing or too long");
    attribute.pValue = value;
    HUFU_TRY_CKR(token->module->C_GetAttributeValue(token->session, object, &attribute, 1), err);
    if (attribute.ulValueLen > len)
        return hufu_fail(err, HUFU_E_TOKEN, "attribute grew");
    hufu_buf_shorten(ret_value, len - attribute.ulValueLen);
    return HUFU_OK;
}

static enum hufu_status read_certificate(struct hufu_token *token, CK_OBJECT_HANDLE object,
                                         struct hufu_card_certificate *ret_row,
                                         struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf id = {.max = HUFU_KEY_ID_MAX};
    HUFU_TRY(get_attribute(token, object, CKA_VALUE, &der, err));
    HUFU_TRY(get_attribute(token, object, CKA_ID, &id, err));
    struct hufu_card_certificate row = {.key_id_len = id.len};
    if (id.len)
        memcpy(row.key_id, id.data, id.len);
    HUFU_TRY(hufu_certificate_read(hufu_buf_bytes(&der), &row.certificate, err));
    *ret_row = row;
    return HUFU_OK;
}

static enum hufu_status read_certificates(struct hufu_token *token, struct hufu_error *err)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof class},
        {CKA_CERTIFICATE_TYPE, &type, sizeof type},
    };
    HUFU_AUTO(hufu_free)
    CK_OBJECT_HANDLE *objects = calloc(HUFU_CERTIFICATES_MAX, sizeof *objects);
    size_t found = 0;
    if (!objects)
        return hufu_fail(err, HUFU_E_MEMORY, "certificates");
    HUFU_TRY(find(token, template, 2, objects, HUFU_CERTIFICATES_MAX, &found, err));
    token->certificates = calloc(found + 1, sizeof *token->certificates);
    if (!token->certificates)
        return hufu_fail(err, HUFU_E_MEMORY, "certificates");
    for (size_t i = 0; i < found; i++)
        if (read_certificate(token, objects[i], &token->certificates[token->certificate_count],
                             NULL) == HUFU_OK)
            token->certificate_count++;
    token->all_read = token->certificate_count == found;
    return HUFU_OK;
}

enum hufu_status hufu_token_certificates(struct hufu_token *token,
                                         const struct hufu_card_certificate **ret_list,
                                         size_t *ret_count, struct hufu_error *err)
{
    if (!token->certificates)
        HUFU_TRY(read_certificates(token, err));
    *ret_list = token->certificates;
    *ret_count = token->certificate_count;
    return HUFU_OK;
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
    token->pin = pin;
    HUFU_TRY_CKR(log_in(token, CKU_USER), err);
    token->logged_in = true;
    return HUFU_OK;
}

/* --- signing --- */

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
    HUFU_TRY(find(token, template, 2, &key, 1, &count, err));
    if (count == 0)
        return hufu_fail(err, HUFU_E_NO_KEY, NULL);
    *ret_key = key;
    return HUFU_OK;
}

static CK_ULONG get_number(struct hufu_token *token, CK_OBJECT_HANDLE object,
                           CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise)
{
    CK_ULONG number = otherwise;
    CK_ATTRIBUTE attribute = {type, &number, sizeof number};
    CK_RV code = token->module->C_GetAttributeValue(token->session, object, &attribute, 1);
    return code == CKR_OK && attribute.ulValueLen == sizeof number ? number : otherwise;
}

static bool asks_at_each_use(struct hufu_token *token, CK_OBJECT_HANDLE key)
{
    CK_BBOOL always = CK_FALSE;
    CK_ATTRIBUTE attribute = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof always};
    return token->module->C_GetAttributeValue(token->session, key, &attribute, 1) == CKR_OK &&
           attribute.ulValueLen == sizeof always && always;
}

enum hufu_status hufu_token_sign(void *token_key, struct hufu_bytes input,
                                 struct hufu_buf *ret_signature, struct hufu_error *err)
{
    const struct hufu_token_key *use = token_key;
    struct hufu_token *token = use->token;
    CK_OBJECT_HANDLE key = 0;
    HUFU_TRY(find_key(token, use->of, &key, err));
    bool ec = get_number(token, key, CKA_KEY_TYPE, CKK_RSA) == CKK_EC;
    CK_MECHANISM mechanism = {.mechanism = ec ? CKM_ECDSA : CKM_RSA_PKCS};
    HUFU_TRY_CKR(token->module->C_SignInit(token->session, &mechanism, key), err);
    if (asks_at_each_use(token, key))
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
