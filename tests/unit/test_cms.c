/* Signed messages as OpenSSL makes them, and as nobody should. */
#include "citizens.h"

#include "crypto/cms.h"

#include <openssl/cms.h>
#include <openssl/rsa.h>

HUFU_DEFINE_AUTO(CMS_ContentInfo *, CMS_ContentInfo_free)
HUFU_DEFINE_AUTO(BIO *, BIO_free)

static void add_signer(CMS_ContentInfo *cms, const char *name, const EVP_MD *digest, unsigned flags)
{
    char file[64];
    snprintf(file, sizeof file, "%s/sign.key", name);
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = citizen_key(file);
    snprintf(file, sizeof file, "%s/sign.der", name);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    read_citizen(file, &der);
    const unsigned char *at = der.data;
    HUFU_AUTO(X509_free_auto) X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    CMS_SignerInfo *signer = CMS_add1_signer(cms, x509, key, digest, flags);
    assert_non_null(signer);
    if (flags & CMS_KEY_PARAM)
        assert_true(EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(signer),
                                                 RSA_PKCS1_PSS_PADDING) > 0);
}

static void finish(CMS_ContentInfo *cms, struct hufu_buf *ret_der)
{
    HUFU_AUTO(BIO_free_auto) BIO *content = BIO_new_mem_buf("signed", -1);
    unsigned char *der = NULL;
    assert_int_equal(CMS_final(cms, content, NULL, CMS_BINARY), 1);
    int len = i2d_CMS_ContentInfo(cms, &der);
    assert_true(len > 0);
    hufu_buf_add(ret_der, der, (size_t)len);
    OPENSSL_free(der);
}

static CMS_ContentInfo *begin(void)
{
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
    assert_non_null(cms);
    return cms;
}

static enum hufu_status ask(struct hufu_bytes der, unsigned long index, struct hufu_buf *ret_text)
{
    HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(der.data, der.len);
    hufu_buf_clear(ret_text);
    return hufu_cms_signature_algorithm(hufu_bytes_of(copy, der.len), index, ret_text, NULL);
}

static void names_key_and_hash(void **state)
{
    (void)state;
    const struct {
        const char *name;
        const EVP_MD *digest;
        unsigned flags;
        const char *text;
    } rows[] = {
        {"citizen", EVP_sha1(), 0, "sha1WithRSAEncryption"},
        {"citizen", EVP_sha256(), 0, "sha256WithRSAEncryption"},
        {"rsa4096", EVP_sha512(), CMS_NOATTR, "sha512WithRSAEncryption"},
        {"citizen", EVP_sha256(), CMS_KEY_PARAM, "rsassaPss"},
        {"ec", EVP_sha256(), 0, "ecdsa-with-SHA256"},
        {"p384", EVP_sha384(), 0, "ecdsa-with-SHA384"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(CMS_ContentInfo_free_auto) CMS_ContentInfo *cms = begin();
        HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 10000};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
        add_signer(cms, rows[i].name, rows[i].digest, rows[i].flags);
        finish(cms, &der);
        assert_int_equal(ask(hufu_buf_bytes(&der), 0, &text), HUFU_OK);
        assert_string_equal(hufu_buf_text(&text), rows[i].text);
    }
}

/* DER sorts signers by their bytes: the shorter signature comes first. */
static void counts_signers_from_0(void **state)
{
    (void)state;
    HUFU_AUTO(CMS_ContentInfo_free_auto) CMS_ContentInfo *cms = begin();
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 10000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    add_signer(cms, "citizen", EVP_sha256(), 0);
    add_signer(cms, "ec", EVP_sha256(), 0);
    finish(cms, &der);
    assert_int_equal(ask(hufu_buf_bytes(&der), 0, &text), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "ecdsa-with-SHA256");
    assert_int_equal(ask(hufu_buf_bytes(&der), 1, &text), HUFU_OK);
    assert_string_equal(hufu_buf_text(&text), "sha256WithRSAEncryption");
    assert_int_equal(ask(hufu_buf_bytes(&der), 2, &text), HUFU_E_NO_SIGNER);
    assert_int_equal(ask(hufu_buf_bytes(&der), 1ul << 32, &text), HUFU_E_NO_SIGNER);
    assert_int_equal(ask(hufu_buf_bytes(&der), 9999999999, &text), HUFU_E_NO_SIGNER);
    assert_int_equal(text.len, 0);
}

static void a_message_may_have_no_signer(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    struct hufu_bytes bare = BYTES("\x30\x23\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x16"
                                   "\x30\x14\x02\x01\x01\x31\x00\x30\x0b\x06\x09\x2a\x86\x48\x86"
                                   "\xf7\x0d\x01\x07\x01\x31\x00");
    assert_int_equal(ask(bare, 0, &text), HUFU_E_NO_SIGNER);
}

static void refuses_what_is_no_signed_message(void **state)
{
    (void)state;
    static const struct hufu_bytes others[] = {
        {NULL, 0},
        {(const uint8_t *)"\x30\x00", 2},
        /* a ContentInfo: data, and signedData without any */
        {(const uint8_t *)"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 13},
        {(const uint8_t *)"\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 13},
        {(const uint8_t *)"\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x02\x30\x00",
         17},
    };
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(ask(others[i], 0, &text), HUFU_E_MESSAGE_FORMAT);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf certificate = {.max = HUFU_CERTIFICATE_MAX};
    read_citizen("citizen/sign.der", &certificate);
    assert_int_equal(ask(hufu_buf_bytes(&certificate), 0, &text), HUFU_E_MESSAGE_FORMAT);
}

static void refuses_a_part_and_more(void **state)
{
    (void)state;
    HUFU_AUTO(CMS_ContentInfo_free_auto) CMS_ContentInfo *cms = begin();
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = 10000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 100};
    add_signer(cms, "ec", EVP_sha256(), 0);
    finish(cms, &der);
    for (size_t len = 0; len < der.len; len++)
        assert_int_equal(ask(hufu_bytes_of(der.data, len), 0, &text), HUFU_E_MESSAGE_FORMAT);
    hufu_buf_add_u8(&der, 0);
    assert_int_equal(ask(hufu_buf_bytes(&der), 0, &text), HUFU_E_MESSAGE_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_key_and_hash),
        cmocka_unit_test(counts_signers_from_0),
        cmocka_unit_test(a_message_may_have_no_signer),
        cmocka_unit_test(refuses_what_is_no_signed_message),
        cmocka_unit_test(refuses_a_part_and_more),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
