#include "card/pkcs11.h"

#include "base/cleanup.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { FIND_STEP = 32 };

/* More certificates than any card holds are the archive of a soft token, which opens a file for
 * each question. It is compared again once this time is over. */
enum { ARCHIVE_MIN = 64, ARCHIVE_LOOK_MS = 2000 };

/* Most certificates. */
enum { USUAL_SIZE = 2048 };

enum hufu_status hufu_token_find(struct hufu_token *token, CK_ATTRIBUTE *template, CK_ULONG count,
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

/* What most certificates have, in one question: a soft token opens files for each. False for one
 * that has more, or that the module says so of. */
static bool get_usual(struct hufu_token *token, CK_OBJECT_HANDLE object, struct hufu_buf *der,
                      struct hufu_buf *id, struct hufu_mark *ret_mark)
{
    struct hufu_mark mark = {.object = object};
    CK_ATTRIBUTE attributes[] = {
        {CKA_VALUE, hufu_buf_extend(der, USUAL_SIZE), USUAL_SIZE},
        {CKA_ID, hufu_buf_extend(id, HUFU_KEY_ID_MAX), HUFU_KEY_ID_MAX},
        {CKA_SERIAL_NUMBER, mark.serial, sizeof mark.serial},
    };
    if (der->failed || id->failed ||
        token->module->C_GetAttributeValue(token->session, object, attributes, 3) != CKR_OK ||
        attributes[0].ulValueLen > USUAL_SIZE || attributes[1].ulValueLen > HUFU_KEY_ID_MAX)
        return false;
    hufu_buf_shorten(der, USUAL_SIZE - attributes[0].ulValueLen);
    hufu_buf_shorten(id, HUFU_KEY_ID_MAX - attributes[1].ulValueLen);
    mark.len = der->len;
    *ret_mark = mark;
    return true;
}

static struct hufu_mark get_mark(struct hufu_token *token, CK_OBJECT_HANDLE object)
{
    struct hufu_mark mark = {.object = object};
    CK_ATTRIBUTE attributes[] = {{CKA_VALUE, NULL, 0},
                                 {CKA_SERIAL_NUMBER, mark.serial, sizeof mark.serial}};
    (void)token->module->C_GetAttributeValue(token->session, object, attributes, 2);
    mark.len = attributes[0].ulValueLen;
    return mark;
}

static enum hufu_status get_all(struct hufu_token *token, CK_OBJECT_HANDLE object,
                                struct hufu_buf *der, struct hufu_buf *id,
                                struct hufu_mark *ret_mark, struct hufu_error *err)
{
    if (get_usual(token, object, der, id, ret_mark))
        return HUFU_OK;
    hufu_buf_clear(der);
    hufu_buf_clear(id);
    *ret_mark = get_mark(token, object);
    HUFU_TRY(get_attribute(token, object, CKA_VALUE, der, err));
    return get_attribute(token, object, CKA_ID, id, err);
}

static enum hufu_status read_certificate(struct hufu_token *token, CK_OBJECT_HANDLE object,
                                         struct hufu_card_certificate *ret_row,
                                         struct hufu_mark *ret_mark, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf id = {.max = HUFU_KEY_ID_MAX};
    HUFU_TRY(get_all(token, object, &der, &id, ret_mark, err));
    struct hufu_card_certificate row = {.key_id_len = id.len};
    if (id.len)
        memcpy(row.key_id, id.data, id.len);
    HUFU_TRY(hufu_certificate_read(hufu_buf_bytes(&der), &row.certificate, err));
    *ret_row = row;
    return HUFU_OK;
}

static enum hufu_status find_certificates(struct hufu_token *token, CK_OBJECT_HANDLE *ret_objects,
                                          size_t *ret_count, struct hufu_error *err)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class, sizeof class},
        {CKA_CERTIFICATE_TYPE, &type, sizeof type},
    };
    return hufu_token_find(token, template, 2, ret_objects, HUFU_CERTIFICATES_MAX, ret_count, err);
}

/* --- what was read before --- */

void hufu_token_forget(struct hufu_token *token)
{
    for (size_t i = 0; i < token->certificate_count; i++)
        hufu_certificate_free(token->certificates[i].certificate);
    free(token->certificates);
    free(token->marks);
    token->certificates = NULL;
    token->marks = NULL;
    token->certificate_count = 0;
    token->whole = false;
    token->key.known = false; /* its certificate may have come with another one */
}

/* Whether the card has what it had, without reading all of it. What a module failed to give once is
 * asked for again. */
static bool is_unchanged(struct hufu_token *token, const CK_OBJECT_HANDLE *objects, size_t count)
{
    if (!token->whole || token->certificate_count != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct hufu_mark now = get_mark(token, objects[i]);
        if (memcmp(&now, &token->marks[i], sizeof now) != 0)
            return false;
    }
    return true;
}

/* --- certificates --- */

static enum hufu_status read_all(struct hufu_token *token, const CK_OBJECT_HANDLE *objects,
                                 size_t count, struct hufu_error *err)
{
    hufu_token_forget(token);
    token->certificates = calloc(count + 1, sizeof *token->certificates);
    token->marks = calloc(count + 1, sizeof *token->marks);
    if (!token->certificates || !token->marks)
        return hufu_fail(err, HUFU_E_MEMORY, "certificates");
    for (size_t i = 0; i < count; i++) {
        size_t next = token->certificate_count;
        if (read_certificate(token, objects[i], &token->certificates[next], &token->marks[next],
                             NULL) == HUFU_OK)
            token->certificate_count++;
    }
    token->whole = token->certificate_count == count;
    return HUFU_OK;
}

static enum hufu_status read_certificates(struct hufu_token *token, struct hufu_error *err)
{
    HUFU_AUTO(hufu_free)
    CK_OBJECT_HANDLE *objects = calloc(HUFU_CERTIFICATES_MAX, sizeof *objects);
    size_t found = 0;
    if (!objects)
        return hufu_fail(err, HUFU_E_MEMORY, "certificates");
    HUFU_TRY(find_certificates(token, objects, &found, err));
    return is_unchanged(token, objects, found) ? HUFU_OK : read_all(token, objects, found, err);
}

static bool is_fresh_archive(const struct hufu_token *token)
{
    return token->whole && token->certificate_count >= ARCHIVE_MIN &&
           hufu_clock_ms() - token->read_ms < ARCHIVE_LOOK_MS;
}

enum hufu_status hufu_token_certificates(struct hufu_token *token,
                                         const struct hufu_card_certificate **ret_list,
                                         size_t *ret_count, struct hufu_error *err)
{
    if (!token->current && !is_fresh_archive(token)) {
        HUFU_TRY(read_certificates(token, err));
        token->read_ms = hufu_clock_ms();
    }
    token->current = true;
    *ret_list = token->certificates;
    *ret_count = token->certificate_count;
    return HUFU_OK;
}
