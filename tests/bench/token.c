/* token MODULE PIN ID alone|login|read COUNT: how many milliseconds it takes when a program asks
 * the module itself, for each of COUNT times. A signature with the key ID (its bytes) of the first
 * card: "alone" is logged in once; "login" logs in and out each time, and has to find the key
 * again, as a logout hides it. "read" starts the module and reads all certificates of the card. */
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WARM_UP = 3, SLOTS_MAX = 16, SIGNATURE_MAX = 512, OBJECTS_MAX = 2048 };

struct card {
    CK_FUNCTION_LIST *module;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    char *pin;
    char *id; /* of the key */
};

static void must(CK_RV code, const char *what)
{
    if (code == CKR_OK)
        return;
    fprintf(stderr, "token: %s: CKR 0x%lx\n", what, code);
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
        fprintf(stderr, "token: %s is no PKCS#11 module\n", path);
        exit(EXIT_FAILURE);
    }
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from an object to a function */
    must(get(&module), "C_GetFunctionList");
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
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class},
                               {CKA_ID, card->id, strlen(card->id)}};
    CK_ULONG count = 0;
    must(card->module->C_FindObjectsInit(card->session, template, 2), "C_FindObjectsInit");
    must(card->module->C_FindObjects(card->session, &card->key, 1, &count), "C_FindObjects");
    must(card->module->C_FindObjectsFinal(card->session), "C_FindObjectsFinal");
    must(count == 1 ? CKR_OK : CKR_KEY_HANDLE_INVALID, "the key");
}

/* The input that hufu gives for SHA-256: a DigestInfo of 51 bytes, which the module pads. */
static void sign(struct card *card)
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

static void open_card(struct card *card)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    must(card->module->C_Initialize(NULL), "C_Initialize");
    must(card->module->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    must(count ? CKR_OK : CKR_TOKEN_NOT_PRESENT, "a card");
    must(card->module->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &card->session),
         "C_OpenSession");
}

static void close_card(struct card *card)
{
    must(card->module->C_Finalize(NULL), "C_Finalize");
}

/* --- what is measured --- */

static void log_in_once(struct card *card)
{
    open_card(card);
    log_in(card);
    find_key(card);
}

static void sign_with_login(struct card *card)
{
    log_in(card);
    find_key(card);
    sign(card);
    must(card->module->C_Logout(card->session), "C_Logout");
}

static void read_certificate(struct card *card, CK_OBJECT_HANDLE object)
{
    CK_BYTE value[2048], id[64], serial[32];
    CK_ATTRIBUTE attributes[] = {{CKA_VALUE, value, sizeof value},
                                 {CKA_ID, id, sizeof id},
                                 {CKA_SERIAL_NUMBER, serial, sizeof serial}};
    must(card->module->C_GetAttributeValue(card->session, object, attributes, 3),
         "C_GetAttributeValue");
}

static void read_card(struct card *card)
{
    static CK_OBJECT_HANDLE objects[OBJECTS_MAX];
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}};
    CK_ULONG count = 0;
    open_card(card);
    must(card->module->C_FindObjectsInit(card->session, template, 1), "C_FindObjectsInit");
    must(card->module->C_FindObjects(card->session, objects, OBJECTS_MAX, &count), "C_FindObjects");
    must(card->module->C_FindObjectsFinal(card->session), "C_FindObjectsFinal");
    for (CK_ULONG i = 0; i < count; i++)
        read_certificate(card, objects[i]);
    close_card(card);
}

struct measure {
    const char *name;
    void (*begin)(struct card *card);
    void (*step)(struct card *card);
    int warm_up;
};

static const struct measure measures[] = {
    {"alone", log_in_once, sign, WARM_UP},
    {"login", open_card, sign_with_login, WARM_UP},
    {"read", NULL, read_card, 0},
};

static const struct measure *find_measure(const char *name)
{
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++)
        if (strcmp(measures[i].name, name) == 0)
            return &measures[i];
    return NULL;
}

int main(int argc, char *argv[])
{
    const struct measure *measure = argc == 6 ? find_measure(argv[4]) : NULL;
    if (!measure) {
        fputs("usage: token MODULE PIN ID alone|login|read COUNT\n", stderr);
        return 2;
    }
    struct card card = {.module = load(argv[1]), .pin = argv[2], .id = argv[3]};
    if (measure->begin)
        measure->begin(&card);
    for (long i = -measure->warm_up; i < atol(argv[5]); i++) {
        double start = now_ms();
        measure->step(&card);
        if (i >= 0)
            printf("%.4f\n", now_ms() - start);
    }
    if (measure->begin)
        close_card(&card);
    return EXIT_SUCCESS;
}
