/* A PKCS#11 module that misbehaves on demand: it passes everything on to SoftHSM except for the
 * fault that one word in ~/.config/hufu-test/fault asks for (faults.def). The word is read again at
 * each call. ~/.config/hufu-test/locked has the serial number of each card that is locked anyway, a
 * line each, and ~/.config/hufu-test/pin what a person types into a reader with keys. Each C_Login
 * is a line in ~/.config/hufu-test/logins, without the PIN. */
#include "kit/faults.h"

#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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
    bool absent; /* no reader has a card */
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

static void be_slow(void)
{
    const struct timespec seconds = {.tv_sec = HUFU_KIT_SLOW_SECONDS};
    nanosleep(&seconds, NULL);
}

static const struct fault faults[] = {
#define HUFU_KIT_FAULT(word, en, zh, ...) {.name = word, __VA_ARGS__},
#include "kit/faults.def"
};

/* "sign:0x30", "login:0xa4": that function answers with that code. NULL for anything else. */
static const struct fault *fault_coded(const char *name)
{
    static struct fault coded;
    const char *colon = strchr(name, ':');
    char *end = NULL;
    CK_RV rv = colon ? strtoul(colon + 1, &end, 0) : CKR_OK;
    coded = (struct fault){.name = "code"};
    if (rv == CKR_OK || *end)
        return NULL;
    *(strncmp(name, "sign:", 5) == 0 ? &coded.sign : &coded.login) = rv;
    return &coded;
}

/* A misspelt fault must not make a test pass. */
static const struct fault *fault_named(const char *name)
{
    const struct fault *coded = fault_coded(name);
    if (coded)
        return coded;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(faults[i].name, name) == 0)
            return &faults[i];
    fprintf(stderr, "faulty: no fault is called \"%s\"\n", name);
    _exit(2);
}

static FILE *open_file(const char *name, const char *mode)
{
    char path[PATH_MAX];
    const char *home = secure_getenv("HOME");
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
    if (rv == CKR_OK && fault_now()->absent)
        info->flags &= ~CKF_TOKEN_PRESENT;
    return rv;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count)
{
    CK_RV rv = real->C_GetSlotList(present, slots, count);
    if (rv == CKR_OK && present && fault_now()->absent)
        *count = 0;
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

/* The card's number is on the list of those whose PIN was tried out. */
static bool is_locked(const CK_TOKEN_INFO *info)
{
    char line[64];
    bool found = false;
    FILE *file = open_file("locked", "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strncmp(line, (const char *)info->serialNumber, sizeof info->serialNumber) == 0;
    if (file)
        fclose(file);
    return found;
}

static bool is_locked_session(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    CK_TOKEN_INFO token;
    return real->C_GetSessionInfo(session, &info) == CKR_OK &&
           real->C_GetTokenInfo(info.slotID, &token) == CKR_OK && is_locked(&token);
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    const struct fault *fault = fault_now();
    CK_RV rv = fault->absent ? CKR_TOKEN_NOT_PRESENT : real->C_GetTokenInfo(slot, info);
    if (rv != CKR_OK)
        return rv;
    if (is_locked(info))
        info->flags |= CKF_USER_PIN_LOCKED;
    if (fault->odd_texts)
        write_odd_texts(info);
    info->flags = (info->flags | fault->token_flags) & ~fault->no_token_flags;
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session)
{
    return fault_now()->absent ? CKR_TOKEN_NOT_PRESENT
                               : real->C_OpenSession(slot, flags, application, notify, session);
}

/* The person types the PIN into the reader: what an application passes is none. */
static CK_RV login_on_pad(CK_SESSION_HANDLE session, CK_USER_TYPE user, const CK_UTF8CHAR *pin)
{
    char typed[32] = "";
    FILE *file = open_file("pin", "re");
    int words = file ? fscanf(file, "%31s", typed) : 0;
    if (file)
        fclose(file);
    return pin || words != 1 ? CKR_ARGUMENTS_BAD
                             : real->C_Login(session, user, (CK_UTF8CHAR *)typed, strlen(typed));
}

static CK_RV try_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin,
                       CK_ULONG pin_len)
{
    const struct fault *fault = fault_now();
    if (fault->at_login)
        fault->at_login();
    if (fault->login)
        return fault->login;
    if (is_locked_session(session))
        return CKR_PIN_LOCKED;
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
    if (fault->sign || fault->absent)
        return fault->sign ? fault->sign : CKR_DEVICE_REMOVED;
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
    void *module = dlopen(HUFU_SOFTHSM, RTLD_NOW | RTLD_LOCAL);
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
    faulty.C_OpenSession = open_session;
    faulty.C_Login = login;
    faulty.C_GetAttributeValue = get_attribute_value;
    faulty.C_Sign = sign;
    faulty.C_Decrypt = decrypt;
    *ret_list = &faulty;
    return CKR_OK;
}
