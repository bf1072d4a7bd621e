/* A PKCS#11 module that misbehaves on demand: it passes everything on to a real module
 * (HUFU_TEST_MODULE, given by the build) except for the fault that one word in
 * ~/.config/hufu-test/fault asks for. The word is read again at each call. Each C_Login is a line
 * in
 * ~/.config/hufu-test/logins, without the PIN. */
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a lying module says of any attribute: no memory is that large. */
static const CK_ULONG huge_length = LONG_MAX;

struct fault {
    const char *name;
    void (*at_load)(void);
    void (*at_login)(void);
    void (*at_sign)(void);
    CK_RV login;
    CK_RV sign;
    CK_RV decrypt;
    CK_FLAGS token_flags;
    CK_FLAGS no_token_flags; /* that the real module sets */
    bool lies;
    bool takes_no_pin;
    void (*lie)(CK_ATTRIBUTE *attribute); /* about what the real module said */
    bool odd_texts;
    bool endless;        /* each search finds as much as there is room for */
    CK_ULONG more_found; /* than there is room for */
    CK_ULONG more_slots;
    CK_ULONG signature_len;
    CK_ULONG clear_len;
    bool keeps_key; /* decrypting gives nothing, and is no failure */
};

static void crash(void)
{
    raise(SIGSEGV);
}

static void hang(void)
{
    for (;;)
        pause();
}

/* --- lies: without pValue, the caller asks how long the value is --- */

static void say_two_gib(CK_ATTRIBUTE *attribute)
{
    attribute->ulValueLen = 1ul << 31;
}

static void say_unavailable(CK_ATTRIBUTE *attribute)
{
    attribute->ulValueLen = CK_UNAVAILABLE_INFORMATION;
}

static void say_nothing(CK_ATTRIBUTE *attribute)
{
    attribute->ulValueLen = 0;
}

static void grow(CK_ATTRIBUTE *attribute)
{
    if (attribute->pValue)
        attribute->ulValueLen += 4096;
}

static void shrink(CK_ATTRIBUTE *attribute)
{
    if (attribute->pValue && attribute->ulValueLen > 0)
        attribute->ulValueLen--;
}

/* Another byte is wrong each time; the length fields of DER are among them. */
static void garble(CK_ATTRIBUTE *attribute)
{
    static unsigned place;
    CK_BYTE *value = attribute->pValue;
    if (value && attribute->ulValueLen > 0)
        value[place++ % attribute->ulValueLen] ^= 0xff;
}

/* Outer length fields of a certificate that claim 4 GiB. */
static void claim(CK_ATTRIBUTE *attribute)
{
    static const CK_BYTE start[] = {0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30, 0x80};
    if (attribute->pValue && attribute->ulValueLen > sizeof start)
        memcpy(attribute->pValue, start, sizeof start);
}

static const struct fault faults[] = {
    {.name = "none"},
    {.name = "crash", .at_sign = crash},
    {.name = "crash-login", .at_login = crash},
    {.name = "crash-load", .at_load = crash},
    {.name = "endless", .endless = true},
    {.name = "final", .token_flags = CKF_USER_PIN_FINAL_TRY},
    {.name = "hang", .at_sign = hang},
    {.name = "hang-load", .at_load = hang},
    {.name = "lie", .lies = true},
    {.name = "lie-claim", .lie = claim},
    {.name = "lie-clear", .clear_len = 1ul << 31},
    {.name = "lie-found", .more_found = 1000},
    {.name = "lie-garble", .lie = garble},
    {.name = "lie-grow", .lie = grow},
    {.name = "lie-nothing", .lie = say_nothing},
    {.name = "lie-shrink", .lie = shrink},
    {.name = "lie-signature", .signature_len = 1ul << 31},
    {.name = "lie-slots", .more_slots = 1000},
    {.name = "lie-texts", .odd_texts = true},
    {.name = "lie-two-gib", .lie = say_two_gib},
    {.name = "lie-unavailable", .lie = say_unavailable},
    {.name = "locked", .token_flags = CKF_USER_PIN_LOCKED, .login = CKR_PIN_LOCKED},
    {.name = "low", .token_flags = CKF_USER_PIN_COUNT_LOW},
    {.name = "pad", .token_flags = CKF_PROTECTED_AUTHENTICATION_PATH, .takes_no_pin = true},
    {.name = "removed", .sign = CKR_DEVICE_REMOVED, .decrypt = CKR_DEVICE_REMOVED},
    {.name = "silent", .no_token_flags = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY},
    {.name = "unwrap-data", .decrypt = CKR_ENCRYPTED_DATA_INVALID},
    {.name = "unwrap-device", .decrypt = CKR_DEVICE_ERROR},
    {.name = "unwrap-failed", .decrypt = CKR_FUNCTION_FAILED},
    {.name = "unwrap-length", .decrypt = CKR_ENCRYPTED_DATA_LEN_RANGE},
    {.name = "unwrap-nothing", .keeps_key = true},
    {.name = "unwrap-vendor", .decrypt = CKR_VENDOR_DEFINED | 7},
};

/* A misspelt fault must not make a test pass. */
static const struct fault *fault_named(const char *name)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    fprintf(stderr, "faulty: no fault is called \"%s\"\n", name);
    _exit(2);
}

static FILE *open_file(const char *name, const char *mode)
{
    char path[PATH_MAX];
    const char *home = getenv("HOME");
    snprintf(path, sizeof path, "%s/.config/hufu-test/%s", home ? home : "", name);
    return fopen(path, mode);
}

/* The fault asked for now. */
static const struct fault *fault_now(void)
{
    char word[32];
    FILE *file = open_file("fault", "re");
    int words = file ? fscanf(file, "%31s", word) : 0;
    if (file)
        fclose(file);
    return fault_named(words == 1 ? word : "none");
}

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST faulty;

/* Neither padded nor UTF-8, with what terminals and logs would obey. */
static void write_odd_texts(CK_TOKEN_INFO *info)
{
    memset(info->label, 0xff, sizeof info->label);
    memset(info->manufacturerID, 0, sizeof info->manufacturerID);
    memset(info->model, '\n', sizeof info->model);
    memset(info->serialNumber, '%', sizeof info->serialNumber);
    memcpy(info->label, "\033[2J\n%n%s\xf0\x9f", 11);
    info->ulMinPinLen = CK_UNAVAILABLE_INFORMATION;
    info->ulMaxPinLen = CK_UNAVAILABLE_INFORMATION;
}

static CK_RV get_slot_info(CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    CK_RV rv = real->C_GetSlotInfo(slot, info);
    if (rv == CKR_OK && fault_now()->odd_texts)
        memset(info->slotDescription, 0xfe, sizeof info->slotDescription);
    return rv;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    CK_RV rv = real->C_GetSlotList(present, slots, count);
    if (rv == CKR_OK)
        *count += fault_now()->more_slots;
    return rv;
}

static CK_RV find_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG room,
                          CK_ULONG *count)
{
    CK_RV rv = real->C_FindObjects(session, objects, room, count);
    const struct fault *fault = fault_now();
    if (rv == CKR_OK && fault->endless)
        for (; *count < room; ++*count)
            objects[*count] = 2;
    *count += fault->more_found;
    return rv;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV rv = real->C_GetTokenInfo(slot, info);
    if (rv == CKR_OK && fault_now()->odd_texts)
        write_odd_texts(info);
    if (rv == CKR_OK)
        info->flags = (info->flags | fault_now()->token_flags) & ~fault_now()->no_token_flags;
    return rv;
}

/* The person types the PIN into the reader: what an application passes is none. */
static CK_RV login_on_pad(CK_SESSION_HANDLE session, CK_USER_TYPE user, const CK_UTF8CHAR *pin)
{
    char typed[] = HUFU_TEST_PIN;
    return pin ? CKR_ARGUMENTS_BAD
               : real->C_Login(session, user, (CK_UTF8CHAR *)typed, sizeof typed - 1);
}

static CK_RV try_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin,
                       CK_ULONG pin_len)
{
    const struct fault *fault = fault_now();
    if (fault->at_login)
        fault->at_login();
    if (fault->login)
        return fault->login;
    return fault->takes_no_pin ? login_on_pad(session, user, pin)
                               : real->C_Login(session, user, pin, pin_len);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_len)
{
    CK_RV rv = try_login(session, user, pin, pin_len);
    FILE *log = open_file("logins", "ae");
    if (log) {
        fprintf(log, "%s %lu bytes: CKR 0x%lx\n", pin ? "PIN" : "no PIN", pin_len, rv);
        fclose(log);
    }
    return rv;
}

static CK_RV get_attribute_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                 CK_ATTRIBUTE *attributes, CK_ULONG count)
{
    CK_RV rv = real->C_GetAttributeValue(session, object, attributes, count);
    const struct fault *fault = fault_now();
    for (CK_ULONG i = 0; i < count; i++) {
        if (fault->lies)
            attributes[i].ulValueLen = huge_length;
        if (fault->lie && rv == CKR_OK)
            fault->lie(&attributes[i]);
    }
    return rv;
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
                  CK_ULONG *signature_len)
{
    const struct fault *fault = fault_now();
    if (fault->at_sign)
        fault->at_sign();
    if (fault->sign)
        return fault->sign;
    CK_RV rv = real->C_Sign(session, data, data_len, signature, signature_len);
    if (rv == CKR_OK && fault->signature_len)
        *signature_len = fault->signature_len;
    return rv;
}

static CK_RV decrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *clear,
                     CK_ULONG *clear_len)
{
    const struct fault *fault = fault_now();
    CK_RV rv = real->C_Decrypt(session, data, data_len, clear, clear_len);
    if (fault->decrypt)
        return fault->decrypt;
    if (rv == CKR_OK && fault->clear_len)
        *clear_len = fault->clear_len;
    if (rv == CKR_OK && fault->keeps_key)
        *clear_len = 0;
    return rv;
}

static CK_RV load_real(void)
{
    void *module = dlopen(HUFU_TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
    if (!module)
        return CKR_GENERAL_ERROR;
    CK_C_GetFunctionList get_list;
    *(void **)&get_list = dlsym(module, "C_GetFunctionList");
    return get_list ? get_list(&real) : CKR_GENERAL_ERROR;
}

/* The only function that an application looks up by its name. */
__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret_list)
{
    const struct fault *fault = fault_now();
    if (fault->at_load)
        fault->at_load();
    CK_RV rv = real ? CKR_OK : load_real();
    if (rv != CKR_OK)
        return rv;
    faulty = *real;
    faulty.C_GetFunctionList = C_GetFunctionList;
    faulty.C_FindObjects = find_objects;
    faulty.C_GetSlotInfo = get_slot_info;
    faulty.C_GetSlotList = get_slot_list;
    faulty.C_GetTokenInfo = get_token_info;
    faulty.C_Login = login;
    faulty.C_GetAttributeValue = get_attribute_value;
    faulty.C_Sign = sign;
    faulty.C_Decrypt = decrypt;
    *ret_list = &faulty;
    return CKR_OK;
}
