#include "crafted.h"

#include "crypto/signer.h"

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

HUFU_DEFINE_AUTO(CMS_ContentInfo *, CMS_ContentInfo_free)
HUFU_DEFINE_AUTO(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
HUFU_DEFINE_AUTO(EVP_MD_CTX *, EVP_MD_CTX_free)

static const char text[] = "登入挑戰 42";

/* --- a card in software: it has a key and does with it what a card does --- */

static void sign_with(EVP_PKEY *key, struct hufu_bytes input, struct hufu_buf *ret_signature)
{
    HUFU_AUTO(EVP_PKEY_CTX_free_auto) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t len = (size_t)EVP_PKEY_get_size(key);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
    uint8_t *signature = hufu_buf_extend(ret_signature, len);
    assert_int_equal(EVP_PKEY_sign(context, signature, &len, input.data, input.len), 1);
    ret_signature->len = len;
}

/* r and s side by side, 32 bytes each. */
static void add_raw_ecdsa(const struct hufu_buf *der, struct hufu_buf *ret_signature)
{
    enum { HALF = 32 };
    const unsigned char *at = der->data;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der->len);
    assert_non_null(pair);
    uint8_t *raw = hufu_buf_extend(ret_signature, 2 * (size_t)HALF);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, HALF), HALF);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + HALF, HALF), HALF);
    ECDSA_SIG_free(pair);
}

static enum hufu_status card_signs(void *key, struct hufu_bytes input,
                                   struct hufu_buf *ret_signature, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf signature = {.max = 1000};
    (void)err;
    sign_with(key, input, &signature);
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
        add_raw_ecdsa(&signature, ret_signature);
    else
        hufu_buf_add(ret_signature, signature.data, signature.len);
    return HUFU_OK;
}

struct card {
    struct hufu_certificate *certificate;
    EVP_PKEY *key;
    struct hufu_error err;
    struct hufu_signer signer;
};

static void insert(const char *citizen, struct card *card)
{
    char name[64];
    snprintf(name, sizeof name, "%s/sign.der", citizen);
    *card = (struct card){.certificate = citizen_certificate(name)};
    snprintf(name, sizeof name, "%s/sign.key", citizen);
    card->key = citizen_key(name);
    card->signer = (struct hufu_signer){.certificate = card->certificate,
                                        .sign = card_signs,
                                        .context = card->key,
                                        .err = &card->err};
}

static void remove_card(struct card *card)
{
    hufu_certificate_free(card->certificate);
    EVP_PKEY_free(card->key);
}

struct combination {
    const char *citizen;
    enum hufu_digest digest;
};

/* ECDSA has no name for a signature with MD5. */
static const struct combination combinations[] = {
    {"citizen", HUFU_DIGEST_MD5},    {"citizen", HUFU_DIGEST_SHA1},
    {"citizen", HUFU_DIGEST_SHA224}, {"citizen", HUFU_DIGEST_SHA256},
    {"citizen", HUFU_DIGEST_SHA384}, {"citizen", HUFU_DIGEST_SHA512},
    {"ec", HUFU_DIGEST_SHA1},        {"ec", HUFU_DIGEST_SHA224},
    {"ec", HUFU_DIGEST_SHA256},      {"ec", HUFU_DIGEST_SHA384},
    {"ec", HUFU_DIGEST_SHA512},
};

/* --- CMS --- */

/* What is to be verified, and with what besides the trusted authorities in `authority`. */
struct verification {
    const struct hufu_buf *der;
    const char *authority;
    bool content_apart;
    X509 *signer; /* when it is not in the CMS */
};

static bool verifies(const struct verification *verification)
{
    const unsigned char *at = verification->der->data;
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)verification->der->len);
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *signers = sk_X509_new_null();
    BIO *content = BIO_new_mem_buf(text, (int)strlen(text));
    BIO *seen = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    assert_non_null(cms);
    assert_ptr_equal(at, verification->der->data + verification->der->len);
    assert_int_equal(X509_STORE_load_file(store, citizens_path(verification->authority)), 1);
    if (verification->signer)
        sk_X509_push(signers, verification->signer);
    bool good = CMS_verify(cms, signers, store, verification->content_apart ? content : NULL, seen,
                           CMS_BINARY) == 1;
    if (good) {
        size_t len = (size_t)BIO_get_mem_data(seen, &bytes);
        assert_bytes(hufu_bytes_of(bytes, len), bytes_of_text(text));
    }
    ERR_clear_error();
    BIO_free_all(seen);
    BIO_free_all(content);
    sk_X509_free(signers);
    X509_STORE_free(store);
    return good;
}

static void sign_text(const struct card *card, enum hufu_digest digest, unsigned options,
                      struct hufu_buf *ret_der)
{
    struct hufu_error err = {0};
    assert_int_equal(
        hufu_cms_sign(&card->signer, digest, options, bytes_of_text(text), NULL, 0, ret_der, &err),
        HUFU_OK);
}

static void cms_verifies_with_every_digest(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(combinations); i++) {
        struct card card;
        HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 10000};
        insert(combinations[i].citizen, &card);
        sign_text(&card, combinations[i].digest, 0, &der);
        assert_true(verifies(&(struct verification){&der, "hierarchy.pem", false, NULL}));
        remove_card(&card);
    }
}

static void cms_may_leave_its_content_out(void **state)
{
    (void)state;
    struct card card;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 10000};
    insert("citizen", &card);
    sign_text(&card, HUFU_DIGEST_SHA256, HUFU_CMS_DETACHED, &der);
    assert_null(memmem(der.data, der.len, text, strlen(text)));
    assert_false(verifies(&(struct verification){&der, "hierarchy.pem", false, NULL}));
    assert_true(verifies(&(struct verification){&der, "hierarchy.pem", true, NULL}));
    remove_card(&card);
}

static void cms_may_leave_its_certificate_out(void **state)
{
    (void)state;
    struct card card;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 10000};
    insert("citizen", &card);
    X509 *own = hufu_certificate_x509(card.certificate);
    sign_text(&card, HUFU_DIGEST_SHA256, HUFU_CMS_NO_CERTIFICATE, &der);
    assert_false(verifies(&(struct verification){&der, "hierarchy.pem", false, NULL}));
    assert_true(verifies(&(struct verification){&der, "hierarchy.pem", false, own}));
    remove_card(&card);
}

static void cms_may_enclose_the_chain(void **state)
{
    (void)state;
    struct card card;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bare = {.max = 10000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf whole = {.max = 10000};
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *issuing = citizen_certificate("ca/issuing.der");
    const struct hufu_certificate *const chain[] = {issuing};
    insert("citizen", &card);
    sign_text(&card, HUFU_DIGEST_SHA256, 0, &bare);
    assert_int_equal(hufu_cms_sign(&card.signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text), chain,
                                   COUNT(chain), &whole, NULL),
                     HUFU_OK);
    assert_false(verifies(&(struct verification){&bare, "ca/root.pem", false, NULL}));
    assert_true(verifies(&(struct verification){&whole, "ca/root.pem", false, NULL}));
    remove_card(&card);
}

static void cms_signs_three_attributes(void **state)
{
    (void)state;
    static const int nids[] = {NID_pkcs9_contentType, NID_pkcs9_messageDigest,
                               NID_pkcs9_signingTime};
    struct card card;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 10000};
    insert("ec", &card);
    sign_text(&card, HUFU_DIGEST_SHA384, 0, &der);
    const unsigned char *at = der.data;
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    assert_int_equal(sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)), 1);
    CMS_SignerInfo *info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    X509_ALGOR *digest = NULL;
    CMS_SignerInfo_get0_algs(info, NULL, NULL, &digest, NULL);
    assert_int_equal(OBJ_obj2nid(digest->algorithm), NID_sha384);
    assert_int_equal(CMS_signed_get_attr_count(info), COUNT(nids));
    for (size_t i = 0; i < COUNT(nids); i++)
        assert_true(CMS_signed_get_attr_by_NID(info, nids[i], -1) >= 0);
    remove_card(&card);
}

static void cms_signs_nothing_and_much(void **state)
{
    (void)state;
    enum { MUCH = 1000000 };
    HUFU_AUTO(hufu_free) char *much = repeat('x', MUCH);
    const struct hufu_bytes contents[] = {{NULL, 0}, {(const uint8_t *)much, MUCH}};
    for (size_t i = 0; i < COUNT(contents); i++) {
        struct card card;
        HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 2 * MUCH};
        insert("citizen", &card);
        assert_int_equal(
            hufu_cms_sign(&card.signer, HUFU_DIGEST_SHA256, 0, contents[i], NULL, 0, &der, NULL),
            HUFU_OK);
        const unsigned char *at = der.data;
        HUFU_AUTO(CMS_ContentInfo_free_auto)
        CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
        assert_int_equal(
            CMS_verify(cms, NULL, NULL, NULL, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY), 1);
        remove_card(&card);
    }
}

/* --- signatures without an envelope --- */

static bool pure_verifies(const struct card *card, enum hufu_digest digest,
                          const struct hufu_buf *signature)
{
    HUFU_AUTO(EVP_MD_CTX_free_auto) EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, hufu_digest_md(digest), NULL, card->key),
                     1);
    return EVP_DigestVerify(context, signature->data, signature->len, (const uint8_t *)text,
                            strlen(text)) == 1;
}

static void hash_text(enum hufu_digest digest, struct hufu_buf *ret_hash)
{
    unsigned len = 0;
    uint8_t *hash = hufu_buf_extend(ret_hash, EVP_MAX_MD_SIZE);
    assert_int_equal(EVP_Digest(text, strlen(text), hash, &len, hufu_digest_md(digest), NULL), 1);
    ret_hash->len = len;
}

static void pure_signature_verifies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(combinations); i++) {
        enum hufu_digest digest = combinations[i].digest;
        struct card card;
        HUFU_AUTO(hufu_buf_done) struct hufu_buf of_text = {.max = 1000};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf of_hash = {.max = 1000};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf hash = {.max = EVP_MAX_MD_SIZE};
        insert(combinations[i].citizen, &card);
        hash_text(digest, &hash);
        assert_int_equal(
            hufu_pure_sign(&card.signer, digest, 0, bytes_of_text(text), &of_text, NULL), HUFU_OK);
        assert_true(pure_verifies(&card, digest, &of_text));
        assert_int_equal(hufu_pure_sign(&card.signer, digest, HUFU_PURE_IS_HASH,
                                        hufu_buf_bytes(&hash), &of_hash, NULL),
                         HUFU_OK);
        assert_true(pure_verifies(&card, digest, &of_hash));
        remove_card(&card);
    }
}

static void pure_signature_may_go_without_digestinfo(void **state)
{
    (void)state;
    struct card card;
    uint8_t recovered[512];
    size_t len = sizeof recovered;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf signature = {.max = 1000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf hash = {.max = EVP_MAX_MD_SIZE};
    insert("citizen", &card);
    hash_text(HUFU_DIGEST_SHA256, &hash);
    assert_int_equal(hufu_pure_sign(&card.signer, HUFU_DIGEST_SHA256, HUFU_PURE_NO_DIGESTINFO,
                                    bytes_of_text(text), &signature, NULL),
                     HUFU_OK);
    assert_false(pure_verifies(&card, HUFU_DIGEST_SHA256, &signature));
    HUFU_AUTO(EVP_PKEY_CTX_free_auto) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(card.key, NULL);
    assert_int_equal(EVP_PKEY_verify_recover_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
    assert_int_equal(
        EVP_PKEY_verify_recover(context, recovered, &len, signature.data, signature.len), 1);
    assert_bytes(hufu_bytes_of(recovered, len), hufu_buf_bytes(&hash));
    remove_card(&card);
}

static void a_hash_has_the_length_of_its_digest(void **state)
{
    (void)state;
    static const uint8_t hash[33] = {0};
    struct card card;
    insert("citizen", &card);
    for (size_t len = 31; len <= 33; len++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf signature = {.max = 1000};
        assert_int_equal(hufu_pure_sign(&card.signer, HUFU_DIGEST_SHA256, HUFU_PURE_IS_HASH,
                                        hufu_bytes_of(hash, len), &signature, NULL),
                         len == 32 ? HUFU_OK : HUFU_E_PARAMETER);
    }
    remove_card(&card);
}

/* --- failures --- */

static enum hufu_status card_is_gone(void *context, struct hufu_bytes input,
                                     struct hufu_buf *ret_signature, struct hufu_error *err)
{
    (void)context;
    (void)input;
    (void)ret_signature;
    return hufu_fail_from(err, HUFU_E_REMOVED, HUFU_ORIGIN_PKCS11, 0x32, "C_Sign");
}

/* `context` is the number of bytes that this one answers, whatever it was asked. */
static enum hufu_status card_answers_nonsense(void *context, struct hufu_bytes input,
                                              struct hufu_buf *ret_signature,
                                              struct hufu_error *err)
{
    const size_t *len = context;
    (void)input;
    (void)err;
    uint8_t *bytes = hufu_buf_extend(ret_signature, *len);
    if (bytes)
        memset(bytes, 1, *len);
    return HUFU_OK;
}

static void the_reason_of_the_card_comes_back(void **state)
{
    (void)state;
    static const char *const citizens[] = {"citizen", "ec"};
    for (size_t i = 0; i < COUNT(citizens); i++)
        for (int own = 0; own <= 1; own++) {
            struct card card;
            struct hufu_error err = {0};
            HUFU_AUTO(hufu_buf_done) struct hufu_buf out = {.max = 10000};
            insert(citizens[i], &card);
            card.signer.sign = card_is_gone;
            card.signer.err = own ? &card.err : &err;
            assert_int_equal(hufu_cms_sign(&card.signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text),
                                           NULL, 0, &out, &err),
                             HUFU_E_REMOVED);
            assert_int_equal(err.status, HUFU_E_REMOVED);
            assert_int_equal(err.origin, HUFU_ORIGIN_PKCS11);
            assert_int_equal(err.foreign, 0x32);
            err = card.err = (struct hufu_error){0};
            assert_int_equal(hufu_pure_sign(&card.signer, HUFU_DIGEST_SHA256, 0,
                                            bytes_of_text(text), &out, &err),
                             HUFU_E_REMOVED);
            assert_int_equal(err.status, HUFU_E_REMOVED);
            remove_card(&card);
        }
}

struct nonsense {
    const char *citizen;
    size_t len;
};

static const struct nonsense nonsense[] = {
    {"citizen", 0}, {"citizen", 255}, {"citizen", 257}, {"citizen", 512}, {"citizen", 513},
    {"ec", 0},      {"ec", 1},        {"ec", 63},       {"ec", 513},
};

static void nonsense_of_the_card_is_a_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nonsense); i++) {
        struct card card;
        size_t len = nonsense[i].len;
        struct hufu_error err = {0};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf out = {.max = 10000};
        insert(nonsense[i].citizen, &card);
        card.signer.sign = card_answers_nonsense;
        card.signer.context = &len;
        assert_int_equal(hufu_cms_sign(&card.signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text),
                                       NULL, 0, &out, &err),
                         HUFU_E_SIGN);
        assert_int_equal(err.origin, HUFU_ORIGIN_OPENSSL);
        assert_int_equal(
            hufu_pure_sign(&card.signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text), &out, NULL),
            HUFU_E_SIGN);
        remove_card(&card);
    }
}

static void an_unknown_kind_of_key_is_refused(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *certificate = craft(&(struct crafted){0}); /* Ed25519 */
    struct hufu_signer signer = {.certificate = certificate, .sign = card_is_gone};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf out = {.max = 10000};
    assert_int_equal(
        hufu_cms_sign(&signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text), NULL, 0, &out, NULL),
        HUFU_E_ALGORITHM);
    assert_int_equal(
        hufu_pure_sign(&signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text), &out, NULL),
        HUFU_E_ALGORITHM);
}

static void a_result_has_to_fit(void **state)
{
    (void)state;
    struct card card;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = 256};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = 255};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf tiny = {.max = 100};
    insert("citizen", &card);
    assert_int_equal(
        hufu_pure_sign(&card.signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text), &exact, NULL),
        HUFU_OK);
    assert_int_equal(
        hufu_pure_sign(&card.signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text), &small, NULL),
        HUFU_E_SIGN);
    assert_int_equal(hufu_cms_sign(&card.signer, HUFU_DIGEST_SHA256, 0, bytes_of_text(text), NULL,
                                   0, &tiny, NULL),
                     HUFU_E_SIGN);
    remove_card(&card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cms_verifies_with_every_digest),
        cmocka_unit_test(cms_may_leave_its_content_out),
        cmocka_unit_test(cms_may_leave_its_certificate_out),
        cmocka_unit_test(cms_may_enclose_the_chain),
        cmocka_unit_test(cms_signs_three_attributes),
        cmocka_unit_test(cms_signs_nothing_and_much),
        cmocka_unit_test(pure_signature_verifies),
        cmocka_unit_test(pure_signature_may_go_without_digestinfo),
        cmocka_unit_test(a_hash_has_the_length_of_its_digest),
        cmocka_unit_test(the_reason_of_the_card_comes_back),
        cmocka_unit_test(nonsense_of_the_card_is_a_failure),
        cmocka_unit_test(an_unknown_kind_of_key_is_refused),
        cmocka_unit_test(a_result_has_to_fit),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
