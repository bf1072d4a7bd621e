/* fill MODULE PIN COUNT: puts COUNT certificates for encryption on the first card, as an archive
 * would have them; all of one key, each with a number of its own. */
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MAX = 16, FIRST_NUMBER = 100000, DAY_S = 24 * 60 * 60 };

static void must(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "fill: %s\n", what);
    exit(EXIT_FAILURE);
}

static CK_FUNCTION_LIST *load(const char *path)
{
    CK_FUNCTION_LIST *module = NULL;
    CK_C_GetFunctionList get = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "C_GetFunctionList") : NULL;
    must(symbol != NULL, "no PKCS#11 module");
    memcpy(&get, &symbol, sizeof get); /* ISO C has no cast from an object to a function */
    must(get(&module) == CKR_OK && module->C_Initialize(NULL) == CKR_OK, "C_Initialize");
    return module;
}

static CK_SESSION_HANDLE log_in(CK_FUNCTION_LIST *module, char *pin)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_SESSION_HANDLE session = 0;
    must(module->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count, "a card");
    must(module->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                               &session) == CKR_OK,
         "C_OpenSession");
    must(module->C_Login(session, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin)) == CKR_OK, "C_Login");
    return session;
}

static X509 *certify(EVP_PKEY *key, long number)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_EXTENSION *usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "keyEncipherment");
    must(ASN1_INTEGER_set(X509_get_serialNumber(certificate), number) &&
             X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"archive",
                                        -1, -1, 0) &&
             X509_set_issuer_name(certificate, name) && X509_set_version(certificate, 2) &&
             X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
             X509_gmtime_adj(X509_getm_notAfter(certificate), DAY_S) &&
             X509_set_pubkey(certificate, key) && usage && X509_add_ext(certificate, usage, -1) &&
             X509_sign(certificate, key, EVP_sha256()),
         "a certificate");
    X509_EXTENSION_free(usage);
    return certificate;
}

static void put(CK_FUNCTION_LIST *module, CK_SESSION_HANDLE session, X509 *certificate, long number)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    unsigned char *der = NULL, *serial = NULL, *subject = NULL;
    int len = i2d_X509(certificate, &der);
    int serial_len = i2d_ASN1_INTEGER(X509_get_serialNumber(certificate), &serial);
    int subject_len = i2d_X509_NAME(X509_get_subject_name(certificate), &subject);
    CK_ATTRIBUTE object[] = {
        {CKA_CLASS, &class, sizeof class},
        {CKA_CERTIFICATE_TYPE, &type, sizeof type},
        {CKA_TOKEN, &yes, sizeof yes},
        {CKA_PRIVATE, &no, sizeof no},
        {CKA_VALUE, der, (CK_ULONG)len},
        {CKA_SERIAL_NUMBER, serial, (CK_ULONG)serial_len},
        {CKA_SUBJECT, subject, (CK_ULONG)subject_len},
        {CKA_ID, &number, sizeof number},
    };
    CK_OBJECT_HANDLE handle = 0;
    must(module->C_CreateObject(session, object, sizeof object / sizeof object[0], &handle) ==
             CKR_OK,
         "C_CreateObject");
    OPENSSL_free(der);
    OPENSSL_free(serial);
    OPENSSL_free(subject);
}

int main(int argc, char *argv[])
{
    must(argc == 4, "usage: fill MODULE PIN COUNT");
    CK_FUNCTION_LIST *module = load(argv[1]);
    CK_SESSION_HANDLE session = log_in(module, argv[2]);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key != NULL, "a key");
    for (long number = FIRST_NUMBER; number < FIRST_NUMBER + atol(argv[3]); number++) {
        X509 *certificate = certify(key, number);
        put(module, session, certificate, number);
        X509_free(certificate);
    }
    EVP_PKEY_free(key);
    module->C_Finalize(NULL);
    return EXIT_SUCCESS;
}
