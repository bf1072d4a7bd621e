#include "card/pkcs11.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "crypto/sha256.h"

#include <stdlib.h>
#include <string.h>

/* Serial numbers have at most 20 bytes (RFC 5280), and two of DER. */
enum { FIND_STEP = 32, SERIAL_ROOM = 32 };

/* More certificates than any card holds are the archive of a soft token, which opens a file for
 * each question. It is compared again once this time is over. */
enum { ARCHIVE_MIN = 64, ARCHIVE_LOOK_MS = 2000 };

/* What one question to the module usually brings: most certificates, every CKA_ID. */
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

/* False, with nothing in the buffer, for one that is longer, or that the module says so of. */
static bool get_usual(struct hufu_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                      struct hufu_buf *ret_value)
{
    size_t room = ret_value->max < USUAL_SIZE ? ret_value->max : USUAL_SIZE;
    CK_ATTRIBUTE attribute = {type, hufu_buf_extend(ret_value, room), room};
    if (!attribute.pValue)
        return false;
    CK_RV code = token->module->C_GetAttributeValue(token->session, object, &attribute, 1);
    bool got = code == CKR_OK && attribute.ulValueLen <= room;
    hufu_buf_shorten(ret_value, got ? room - attribute.ulValueLen : room);
    return got;
}

/* One attribute of at most the buffer's maximum, whatever length the module claims. */
static enum hufu_status get_attribute(struct hufu_token *token, CK_OBJECT_HANDLE object,
                                      CK_ATTRIBUTE_TYPE type, struct hufu_buf *ret_value,
                                      struct hufu_error *err)
{
    CK_ATTRIBUTE attribute = {.type = type};
    if (get_usual(token, object, type, ret_value))
        return HUFU_OK;
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
    token->certificates = NULL;
    token->certificate_count = 0;
}

/* Length and serial number, which an issuer gives once: a renewed certificate has another one. */
static void add_mark(struct hufu_token *token, CK_OBJECT_HANDLE object, struct hufu_buf *marks)
{
    uint8_t serial[SERIAL_ROOM] = {0};
    CK_ATTRIBUTE attributes[] = {{CKA_VALUE, NULL, 0}, {CKA_SERIAL_NUMBER, serial, sizeof serial}};
    (void)token->module->C_GetAttributeValue(token->session, object, attributes, 2);
    hufu_buf_add(marks, &object, sizeof object);
    hufu_buf_add(marks, &attributes[0].ulValueLen, sizeof attributes[0].ulValueLen);
    hufu_buf_add(marks, serial, sizeof serial);
}

/* What tells the certificates of one call from those of another, without reading all of them. */
static bool make_print(struct hufu_token *token, const CK_OBJECT_HANDLE *objects, size_t count,
                       char ret_print[HUFU_SHA256_SIZE])
{
    HUFU_AUTO(hufu_buf_done)
    struct hufu_buf marks = {.max = HUFU_CERTIFICATES_MAX * (2 * sizeof(CK_ULONG) + SERIAL_ROOM)};
    for (size_t i = 0; i < count; i++)
        add_mark(token, objects[i], &marks);
    return !marks.failed && hufu_sha256(hufu_buf_bytes(&marks), ret_print);
}

/* --- certificates --- */

static enum hufu_status read_all(struct hufu_token *token, const CK_OBJECT_HANDLE *objects,
                                 size_t count, struct hufu_error *err)
{
    hufu_token_forget(token);
    token->certificates = calloc(count + 1, sizeof *token->certificates);
    if (!token->certificates)
        return hufu_fail(err, HUFU_E_MEMORY, "certificates");
    for (size_t i = 0; i < count; i++)
        if (read_certificate(token, objects[i], &token->certificates[token->certificate_count],
                             NULL) == HUFU_OK)
            token->certificate_count++;
    return HUFU_OK;
}

/* What a module failed to give once is asked for again in the next call. */
static enum hufu_status read_certificates(struct hufu_token *token, struct hufu_error *err)
{
    HUFU_AUTO(hufu_free)
    CK_OBJECT_HANDLE *objects = calloc(HUFU_CERTIFICATES_MAX, sizeof *objects);
    char print[HUFU_SHA256_SIZE] = "";
    size_t found = 0;
    if (!objects)
        return hufu_fail(err, HUFU_E_MEMORY, "certificates");
    HUFU_TRY(find_certificates(token, objects, &found, err));
    bool known = make_print(token, objects, found, print) && strcmp(print, token->print) == 0;
    if (known && token->certificates && token->certificate_count == found)
        return HUFU_OK;
    token->print[0] = 0;
    HUFU_TRY(read_all(token, objects, found, err));
    memcpy(token->print, print, sizeof print);
    return HUFU_OK;
}

static bool is_fresh_archive(const struct hufu_token *token)
{
    return token->certificate_count >= ARCHIVE_MIN &&
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
