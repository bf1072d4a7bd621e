/* A module and a card that answer what the input says: codes, lengths, bytes, one after another.
 * A module keeps to the buffers that it is given; everything else that it says may be a lie. */
#include "card/pkcs11.h"

#include "fuzz.h"

CK_FUNCTION_LIST **__wrap_p11_kit_modules_load(const char *reserved, int flags);
void __wrap_p11_kit_modules_release(CK_FUNCTION_LIST **modules);
char *__wrap_p11_kit_config_option(CK_FUNCTION_LIST *module, const char *option);
void __wrap_hufu_log(const char *format, ...);

/* --- the script --- */

static const uint8_t *script;
static size_t script_left;

static uint8_t take(void)
{
    if (!script_left)
        return 0;
    script_left--;
    return *script++;
}

static void take_bytes(void *ret_bytes, size_t len)
{
    size_t got = len < script_left ? len : script_left;
    memset(ret_bytes, 0, len);
    if (got)
        memcpy(ret_bytes, script, got);
    script += got;
    script_left -= got;
}

static CK_RV take_code(void)
{
    static const CK_RV codes[] = {
        CKR_GENERAL_ERROR,    CKR_DEVICE_REMOVED,       CKR_TOKEN_NOT_PRESENT,
        CKR_BUFFER_TOO_SMALL, CKR_TOKEN_NOT_RECOGNIZED, CKR_ATTRIBUTE_TYPE_INVALID,
        CKR_PIN_INCORRECT,    CKR_PIN_LOCKED,           CKR_USER_ALREADY_LOGGED_IN,
        0xdeadbeef,
    };
    uint8_t byte = take();
    size_t at = byte - 1u;
    return at < sizeof codes / sizeof codes[0] ? codes[at] : CKR_OK;
}

/* Two bytes, or one of those that break sums. */
static CK_ULONG take_number(void)
{
    static const CK_ULONG wild[] = {(CK_ULONG)-1, (CK_ULONG)-2, INT64_MAX, UINT32_MAX, INT32_MAX};
    uint8_t high = take();
    uint8_t low = take();
    return high == 0xff ? wild[low % (sizeof wild / sizeof wild[0])] : (CK_ULONG)(high << 8 | low);
}

/* --- the module --- */

static CK_RV nothing(void *reserved)
{
    (void)reserved;
    return take_code();
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *ids, CK_ULONG *count)
{
    (void)present;
    CK_ULONG room = *count;
    *count = take_number();
    for (CK_ULONG i = 0; ids && i < *count && i < room; i++)
        ids[i] = i;
    return take_code();
}

static CK_RV get_slot_info(CK_SLOT_ID id, CK_SLOT_INFO *info)
{
    (void)id;
    take_bytes(info->slotDescription, sizeof info->slotDescription);
    take_bytes(info->manufacturerID, sizeof info->manufacturerID);
    info->flags = take();
    return take_code();
}

static CK_RV get_token_info(CK_SLOT_ID id, CK_TOKEN_INFO *info)
{
    (void)id;
    take_bytes(info->label, sizeof info->label);
    take_bytes(info->serialNumber, sizeof info->serialNumber);
    info->flags = (CK_FLAGS)take() << 16 | (CK_FLAGS)take() << 8 | take();
    info->ulMinPinLen = take_number();
    info->ulMaxPinLen = take_number();
    return take_code();
}

static CK_RV open_session(CK_SLOT_ID id, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *ret_session)
{
    (void)id, (void)flags, (void)application, (void)notify;
    *ret_session = 1;
    return take_code();
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
    (void)session;
    return CKR_OK;
}

static CK_RV get_session_info(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
{
    (void)session;
    memset(info, 0, sizeof *info);
    return take_code();
}

static CK_RV find_init(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
    (void)session, (void)template, (void)count;
    return take_code();
}

static CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG room,
                          CK_ULONG *ret_count)
{
    (void)session;
    *ret_count = take_number();
    for (CK_ULONG i = 0; i < *ret_count && i < room; i++)
        objects[i] = i;
    return take_code();
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                 CK_ATTRIBUTE *attributes, CK_ULONG count)
{
    (void)session, (void)object;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_ULONG room = attributes[i].pValue ? attributes[i].ulValueLen : 0;
        attributes[i].ulValueLen = take_number();
        if (room)
            take_bytes(attributes[i].pValue,
                       attributes[i].ulValueLen < room ? attributes[i].ulValueLen : room);
    }
    return take_code();
}

static CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    (void)session, (void)user;
    require(pin != NULL && len > 0);
    return take_code();
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    (void)session, (void)mechanism, (void)key;
    return take_code();
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *signature,
                  CK_ULONG *signature_len)
{
    (void)session, (void)data, (void)len;
    CK_ULONG room = *signature_len;
    *signature_len = take_number();
    take_bytes(signature, *signature_len < room ? *signature_len : room);
    return take_code();
}

static CK_FUNCTION_LIST module = {
    .C_Initialize = nothing,
    .C_Finalize = nothing,
    .C_GetSlotList = get_slot_list,
    .C_GetSlotInfo = get_slot_info,
    .C_GetTokenInfo = get_token_info,
    .C_OpenSession = open_session,
    .C_CloseSession = close_session,
    .C_GetSessionInfo = get_session_info,
    .C_FindObjectsInit = find_init,
    .C_FindObjects = find_objects,
    .C_FindObjectsFinal = close_session,
    .C_GetAttributeValue = get_attribute_value,
    .C_Login = log_in,
    .C_Logout = close_session,
    .C_SignInit = sign_init,
    .C_Sign = sign,
};

CK_FUNCTION_LIST **__wrap_p11_kit_modules_load(const char *reserved, int flags)
{
    static CK_FUNCTION_LIST *modules[2] = {&module};
    (void)reserved, (void)flags;
    return modules;
}

void __wrap_p11_kit_modules_release(CK_FUNCTION_LIST **modules)
{
    require(modules[0] == &module);
}

char *__wrap_p11_kit_config_option(CK_FUNCTION_LIST *of, const char *option)
{
    (void)of, (void)option;
    return NULL;
}

/* Not a line for each lie. */
void __wrap_hufu_log(const char *format, ...)
{
    (void)format;
}

/* --- what hufu does with a card --- */

static void require_shown(const char *text, size_t size)
{
    require(memchr(text, 0, size) != NULL);
    for (; *text; text++)
        require((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void use(struct hufu_token *token)
{
    static const uint8_t digest_info[] = {0x30, 0x31};
    const struct hufu_card_certificate *list = NULL;
    size_t count = 0;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf signature = {.max = 4096};
    struct hufu_secret *pin = hufu_secret_new("123456", 6);
    require(pin != NULL);
    if (hufu_token_certificates(token, &list, &count, NULL) == HUFU_OK) {
        require(count <= HUFU_CERTIFICATES_MAX);
        for (size_t i = 0; i < count; i++)
            require(list[i].key_id_len <= HUFU_KEY_ID_MAX && list[i].certificate);
    }
    if (hufu_token_login(token, pin, NULL) == HUFU_OK && count) {
        struct hufu_token_key key = {.token = token, .of = &list[0]};
        hufu_token_sign(&key, hufu_bytes_of(digest_info, sizeof digest_info), &signature, NULL);
    }
    hufu_token_release(token);
    hufu_secret_free(pin);
}

static void use_all(struct hufu_cards *cards)
{
    size_t count = 0;
    if (hufu_cards_count(cards, &count, NULL) != HUFU_OK)
        return;
    require(count <= HUFU_READERS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct hufu_reader reader;
        struct hufu_token *token = NULL;
        if (hufu_cards_reader(cards, i, &reader, NULL) != HUFU_OK)
            continue;
        require_shown(reader.name, sizeof reader.name);
        require_shown(reader.card_label, sizeof reader.card_label);
        require_shown(reader.card_serial, sizeof reader.card_serial);
        if (hufu_token_open(cards, i, &reader, &token, NULL) == HUFU_OK)
            use(token);
    }
}

/* Twice: the second call meets the session of the first, or another card. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hufu_cards *cards = NULL;
    script = data;
    script_left = len;
    if (hufu_cards_open(&cards, NULL) != HUFU_OK)
        return 0;
    use_all(cards);
    use_all(cards);
    hufu_cards_close(cards);
    return 0;
}
