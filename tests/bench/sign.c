/* sign MODULE PIN alone|login COUNT: how many milliseconds a signature takes that a program asks
 * of the module itself, with the key called SIGN of the first card. "alone" is logged in once;
 * "login" logs in and out each time, and has to find the key again, as a logout hides it. */
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WARM_UP = 3, SLOTS_MAX = 16, SIGNATURE_MAX = 512 };

struct card {
    CK_FUNCTION_LIST *module;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    char *pin;
};

static void must(CK_RV code, const char *what)
{
    if (code == CKR_OK)
        return;
    fprintf(stderr, "sign: %s: CKR 0x%lx\n", what, code);
    exit(EXIT_FAILURE);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static CK_FUNCTION_LIST *load(const char *path)
{
    CK_FUNCTION_LIST *module = NULL;
    CK_C_GetFunctionList get = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
    if (!symbol) {
        fprintf(stderr, "sign: %s is no PKCS#11 module\n", path);
        exit(EXIT_FAILURE);
    }
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from an object to a function */
    must(get(&module), "C_GetFunctionList");
    must(module->C_Initialize(NULL), "C_Initialize");
    return module;
}

static void log_in(const struct card *card)
{
    must(
        card->module->C_Login(card->session, CKU_USER, (CK_UTF8CHAR *)card->pin, strlen(card->pin)),
        "C_Login");
}

static void find_key(struct card *card)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    char id[] = "SIGN";
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_ID, id, sizeof id - 1}};
    CK_ULONG count = 0;
    must(card->module->C_FindObjectsInit(card->session, template, 2), "C_FindObjectsInit");
    must(card->module->C_FindObjects(card->session, &card->key, 1, &count), "C_FindObjects");
    must(card->module->C_FindObjectsFinal(card->session), "C_FindObjectsFinal");
    must(count == 1 ? CKR_OK : CKR_KEY_HANDLE_INVALID, "the key SIGN");
}

/* The input that hufu gives for SHA-256: a DigestInfo of 51 bytes, which the module pads. */
static void sign(const struct card *card)
{
    CK_MECHANISM mechanism = {.mechanism = CKM_RSA_PKCS};
    CK_BYTE digest_info[51] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                               0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    CK_BYTE signature[SIGNATURE_MAX];
    CK_ULONG len = sizeof signature;
    must(card->module->C_SignInit(card->session, &mechanism, card->key), "C_SignInit");
    must(card->module->C_Sign(card->session, digest_info, sizeof digest_info, signature, &len),
         "C_Sign");
}

static void sign_with_login(struct card *card)
{
    log_in(card);
    find_key(card);
    sign(card);
    must(card->module->C_Logout(card->session), "C_Logout");
}

static struct card open_card(const char *path, char *pin)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    struct card card = {.module = load(path), .pin = pin};
    must(card.module->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    must(count ? CKR_OK : CKR_TOKEN_NOT_PRESENT, "a card");
    must(card.module->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &card.session),
         "C_OpenSession");
    return card;
}

int main(int argc, char *argv[])
{
    bool login = argc == 5 && strcmp(argv[3], "login") == 0;
    if (argc != 5 || (!login && strcmp(argv[3], "alone") != 0)) {
        fputs("usage: sign MODULE PIN alone|login COUNT\n", stderr);
        return 2;
    }
    struct card card = open_card(argv[1], argv[2]);
    if (!login) {
        log_in(&card);
        find_key(&card);
    }
    for (long i = -WARM_UP; i < atol(argv[4]); i++) {
        double start = now_ms();
        if (login)
            sign_with_login(&card);
        else
            sign(&card);
        if (i >= 0)
            printf("%.4f\n", now_ms() - start);
    }
    card.module->C_Finalize(NULL);
    return EXIT_SUCCESS;
}
