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
    CK_FLAGS token_flags;
    CK_FLAGS no_token_flags; /* that the real module sets */
    bool lies;
    bool takes_no_pin;
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

static const struct fault faults[] = {
    {.name = "none"},
    {.name = "crash", .at_sign = crash},
    {.name = "crash-login", .at_login = crash},
    {.name = "crash-load", .at_load = crash},
    {.name = "final", .token_flags = CKF_USER_PIN_FINAL_TRY},
    {.name = "hang", .at_sign = hang},
    {.name = "lie", .lies = true},
    {.name = "locked", .token_flags = CKF_USER_PIN_LOCKED, .login = CKR_PIN_LOCKED},
    {.name = "low", .token_flags = CKF_USER_PIN_COUNT_LOW},
    {.name = "pad", .token_flags = CKF_PROTECTED_AUTHENTICATION_PATH, .takes_no_pin = true},
    {.name = "removed", .sign = CKR_DEVICE_REMOVED},
    {.name = "silent", .no_token_flags = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY},
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

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV rv = real->C_GetTokenInfo(slot, info);
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
    if (!fault_now()->lies)
        return rv;
    for (CK_ULONG i = 0; i < count; i++)
        attributes[i].ulValueLen = huge_length;
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
    return real->C_Sign(session, data, data_len, signature, signature_len);
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
    faulty.C_GetTokenInfo = get_token_info;
    faulty.C_Login = login;
    faulty.C_GetAttributeValue = get_attribute_value;
    faulty.C_Sign = sign;
    *ret_list = &faulty;
    return CKR_OK;
}
