#include "citizens.h"

#include "crypto/envelope.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

HUFU_DEFINE_AUTO(struct hufu_envelope *, hufu_envelope_free)
HUFU_DEFINE_AUTO(CMS_ContentInfo *, CMS_ContentInfo_free)
HUFU_DEFINE_AUTO(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
HUFU_DEFINE_AUTO(BIO *, BIO_free_all)

static const char text[] = "解密測試 42";

/* --- a card in software --- */

static enum hufu_status rsa_decrypt(EVP_PKEY *key, struct hufu_bytes cipher,
                                    struct hufu_buf *ret_data)
{
    HUFU_AUTO(EVP_PKEY_CTX_free_auto) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t size = (size_t)EVP_PKEY_get_size(key);
    size_t len = size;
    uint8_t *data = hufu_buf_extend(ret_data, size);
    assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
    bool good = EVP_PKEY_decrypt(context, data, &len, cipher.data, cipher.len) == 1;
    ERR_clear_error();
    hufu_buf_shorten(ret_data, good ? size - len : size);
    return good ? HUFU_OK : HUFU_E_DECRYPT;
}

/* `says` is what it answers in place of decrypting; `short_by` leaves out bytes of the key. */
struct card {
    struct hufu_certificate *certificate;
    EVP_PKEY *key;
    enum hufu_status says;
    size_t short_by;
    size_t uses;
};

static enum hufu_status card_decrypts(void *context, struct hufu_bytes cipher,
                                      struct hufu_buf *ret_data, struct hufu_error *err)
{
    struct card *card = context;
    card->uses++;
    if (card->says != HUFU_OK)
        return hufu_fail(err, card->says, "card");
    enum hufu_status status = rsa_decrypt(card->key, cipher, ret_data);
    if (status == HUFU_OK)
        hufu_buf_shorten(ret_data, card->short_by);
    return status == HUFU_OK ? HUFU_OK : hufu_fail(err, status, "card");
}

static void insert(struct card *card)
{
    *card = (struct card){.certificate = citizen_certificate("citizen/keyx.der"),
                          .key = citizen_key("citizen/keyx.key")};
}

static void remove_card(struct card *card)
{
    hufu_certificate_free(card->certificate);
    EVP_PKEY_free(card->key);
}

/* --- messages, by OpenSSL --- */

static void encrypt_for(const char *name, const EVP_CIPHER *cipher, unsigned flags,
                        struct hufu_buf *ret_der)
{
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *to = citizen_certificate(name);
    STACK_OF(X509) *receivers = sk_X509_new_null();
    HUFU_AUTO(BIO_free_all_auto) BIO *data = BIO_new_mem_buf(text, (int)strlen(text));
    HUFU_AUTO(BIO_free_all_auto) BIO *out = BIO_new(BIO_s_mem());
    sk_X509_push(receivers, hufu_certificate_x509(to));
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = CMS_encrypt(receivers, data, cipher, CMS_BINARY | flags);
    sk_X509_free(receivers);
    assert_non_null(cms);
    assert_int_equal(i2d_CMS_bio_stream(out, cms, data, (int)flags), 1);
    char *bytes = NULL;
    long len = BIO_get_mem_data(out, &bytes);
    hufu_buf_add(ret_der, bytes, (size_t)len);
}

static void encrypt(const EVP_CIPHER *cipher, struct hufu_buf *ret_der)
{
    encrypt_for("citizen/keyx.der", cipher, 0, ret_der);
}

static enum hufu_status read_and_open(struct card *card, const struct hufu_buf *message,
                                      struct hufu_buf *ret_content, struct hufu_error *err)
{
    HUFU_AUTO(hufu_envelope_free_auto) struct hufu_envelope *envelope = NULL;
    struct hufu_decrypter decrypter = {
        .certificate = card->certificate, .decrypt = card_decrypts, .context = card};
    HUFU_TRY(hufu_envelope_read(hufu_buf_bytes(message), &envelope, err));
    HUFU_TRY(hufu_envelope_check(envelope, card->certificate, err));
    return hufu_envelope_open(envelope, &decrypter, ret_content, err);
}

static void assert_opens(const struct hufu_buf *message)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = 1000};
    HUFU_AUTO(remove_card) struct card card;
    insert(&card);
    assert_int_equal(read_and_open(&card, message, &content, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&content), text);
    assert_int_equal(card.uses, 1);
}

/* --- sealing and opening --- */

static void what_is_sealed_opens(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *to = citizen_certificate("citizen/keyx.der");
    for (int cipher = HUFU_CIPHER_DES3; cipher <= HUFU_CIPHER_AES256; cipher++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf sealed = {.max = 4000};
        assert_int_equal(hufu_envelope_seal(to, (enum hufu_cipher)cipher,
                                            hufu_bytes_of(text, strlen(text)), &sealed, NULL),
                         HUFU_OK);
        assert_opens(&sealed);
    }
}

static void messages_of_others_open(void **state)
{
    (void)state;
    const struct {
        const EVP_CIPHER *cipher;
        unsigned flags;
    } rows[] = {
        {EVP_des_ede3_cbc(), 0}, {EVP_aes_128_cbc(), 0}, {EVP_aes_256_cbc(), CMS_USE_KEYID},
        {EVP_aes_128_gcm(), 0},  {EVP_aes_256_gcm(), 0}, {EVP_aes_128_cbc(), CMS_STREAM}, /* BER */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
        encrypt_for("citizen/keyx.der", rows[i].cipher, rows[i].flags, &message);
        assert_opens(&message);
    }
}

static void nothing_can_be_sealed(void **state)
{
    (void)state;
    HUFU_AUTO(remove_card) struct card card;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sealed = {.max = 4000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = 1000};
    insert(&card);
    assert_int_equal(hufu_envelope_seal(card.certificate, HUFU_CIPHER_AES256,
                                        (struct hufu_bytes){0}, &sealed, NULL),
                     HUFU_OK);
    assert_int_equal(read_and_open(&card, &sealed, &content, NULL), HUFU_OK);
    assert_int_equal(content.len, 0);
}

static void receivers_must_be_made_for_it(void **state)
{
    (void)state;
    const struct {
        const char *name;
        enum hufu_status status;
    } rows[] = {
        {"citizen/sign.der", HUFU_E_KEY_USAGE},
        {"ca/issuing.der", HUFU_E_KEY_USAGE},
        {"ec/sign.der", HUFU_E_ALGORITHM},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        HUFU_AUTO(hufu_certificate_free_auto)
        struct hufu_certificate *to = citizen_certificate(rows[i].name);
        HUFU_AUTO(hufu_buf_done) struct hufu_buf out = {.max = 4000};
        struct hufu_bytes data = hufu_bytes_of(text, strlen(text));
        assert_int_equal(hufu_envelope_seal(to, HUFU_CIPHER_AES128, data, &out, NULL),
                         rows[i].status);
        assert_int_equal(hufu_rsa_encrypt(to, data, &out, NULL), rows[i].status);
        assert_int_equal(out.len, 0);
    }
}

static void rsa_takes_so_much_and_no_more(void **state)
{
    (void)state;
    enum { MOST = 256 - 11 };
    uint8_t data[MOST + 1] = {1, 2, 3};
    HUFU_AUTO(remove_card) struct card card;
    insert(&card);
    for (size_t len = 0; len <= MOST; len += MOST) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf cipher = {.max = 256};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf clear = {.max = 256};
        assert_int_equal(
            hufu_rsa_encrypt(card.certificate, hufu_bytes_of(data, len), &cipher, NULL), HUFU_OK);
        assert_int_equal(rsa_decrypt(card.key, hufu_buf_bytes(&cipher), &clear), HUFU_OK);
        assert_int_equal(clear.len, len);
        assert_memory_equal(clear.data ? clear.data : data, data, len);
    }
    HUFU_AUTO(hufu_buf_done) struct hufu_buf cipher = {.max = 256};
    assert_int_equal(
        hufu_rsa_encrypt(card.certificate, hufu_bytes_of(data, MOST + 1), &cipher, NULL),
        HUFU_E_DATA_LENGTH);
}

/* --- what is wrong with a message --- */

/* One bit of the message at `place` is another one. */
static void assert_damaged(struct hufu_buf *message, size_t place)
{
    HUFU_AUTO(remove_card) struct card card;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = 1000};
    struct hufu_error err = {0};
    insert(&card);
    message->data[place] ^= 1;
    assert_int_equal(read_and_open(&card, message, &content, &err), HUFU_E_DECRYPT);
    message->data[place] ^= 1;
    assert_int_equal(card.uses, 1);
    assert_int_equal(content.len, 0);
    assert_string_equal(err.detail, "");
    assert_int_equal(err.foreign, 0);
    assert_int_equal(ERR_peek_error(), 0);
}

/* The message ends with the content, two bytes, and the tag; the key is an OCTET STRING. */
static void damage_has_one_name(void **state)
{
    (void)state;
    static const uint8_t key_head[] = {0x04, 0x82, 0x01, 0x00};
    enum { TAG = 16, HEAD = 2 };
    HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
    encrypt(EVP_aes_256_gcm(), &message);
    const uint8_t *key = memmem(message.data, message.len, key_head, sizeof key_head);
    assert_non_null(key);
    size_t content = message.len - TAG - HEAD - strlen(text);
    const size_t places[] = {
        (size_t)(key - message.data) + sizeof key_head + 100,
        content,
        content + strlen(text) - 1,
        message.len - TAG,
        message.len - 1,
    };
    for (size_t i = 0; i < COUNT(places); i++)
        assert_damaged(&message, places[i]);
    assert_opens(&message);
}

/* A key of the wrong length and none at all go on with a random one, and nobody can tell. */
static void a_key_that_does_not_come_out_has_the_same_name(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
    encrypt(EVP_aes_256_gcm(), &message);
    for (int kind = 0; kind < 3; kind++) {
        HUFU_AUTO(remove_card) struct card card;
        HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = 1000};
        struct hufu_error err = {0};
        insert(&card);
        card.says = kind == 0 ? HUFU_E_DECRYPT : HUFU_OK;
        card.short_by = kind == 1 ? 1 : 32;
        assert_int_equal(read_and_open(&card, &message, &content, &err), HUFU_E_DECRYPT);
        assert_string_equal(err.detail, "");
        assert_int_equal(err.foreign, 0);
        assert_int_equal(content.len, 0);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

static void a_card_that_fails_says_so(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = 1000};
    HUFU_AUTO(remove_card) struct card card;
    struct hufu_error err = {0};
    encrypt(EVP_aes_128_cbc(), &message);
    insert(&card);
    card.says = HUFU_E_REMOVED;
    assert_int_equal(read_and_open(&card, &message, &content, &err), HUFU_E_REMOVED);
    assert_string_equal(err.detail, "card");
    assert_int_equal(content.len, 0);
}

static void assert_unreadable(struct hufu_bytes message, enum hufu_status status)
{
    struct hufu_envelope *envelope = NULL;
    assert_int_equal(hufu_envelope_read(message, &envelope, NULL), status);
    assert_null(envelope);
}

static void what_is_no_envelope(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
    encrypt(EVP_aes_128_cbc(), &message);
    assert_unreadable((struct hufu_bytes){0}, HUFU_E_MESSAGE_FORMAT);
    for (size_t len = 0; len < message.len; len += 13)
        assert_unreadable(hufu_bytes_of(message.data, len), HUFU_E_MESSAGE_FORMAT);
    hufu_buf_add_u8(&message, 0);
    assert_unreadable(hufu_buf_bytes(&message), HUFU_E_MESSAGE_FORMAT);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf certificate = {.max = 4000};
    read_citizen("citizen/keyx.der", &certificate);
    assert_unreadable(hufu_buf_bytes(&certificate), HUFU_E_MESSAGE_FORMAT);
}

/* The content cipher's last arc, 2.16.840.1.101.3.4.1.2, becomes one that is nobody's. */
static void a_cipher_that_nobody_knows(void **state)
{
    (void)state;
    static const uint8_t aes128[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 2};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
    encrypt(EVP_aes_128_cbc(), &message);
    uint8_t *at = memmem(message.data, message.len, aes128, sizeof aes128);
    assert_non_null(at);
    at[sizeof aes128 - 1] = 99;
    assert_unreadable(hufu_buf_bytes(&message), HUFU_E_ALGORITHM);
}

/* Names `count` receivers and leaves the content out on demand. */
static void craft(int count, bool detached, struct hufu_buf *ret_der)
{
    HUFU_AUTO(remove_card) struct card card;
    insert(&card);
    HUFU_AUTO(BIO_free_all_auto) BIO *data = BIO_new_mem_buf(text, (int)strlen(text));
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = CMS_encrypt(NULL, NULL, EVP_aes_128_cbc(), CMS_PARTIAL);
    for (int i = 0; i < count; i++)
        assert_non_null(CMS_add1_recipient_cert(cms, hufu_certificate_x509(card.certificate), 0));
    assert_int_equal(CMS_final(cms, data, NULL, CMS_BINARY), 1);
    if (detached)
        assert_int_equal(CMS_set_detached(cms, 1), 1);
    unsigned char *der = NULL;
    int len = i2d_CMS_ContentInfo(cms, &der);
    hufu_buf_add(ret_der, der, (size_t)len);
    OPENSSL_free(der);
}

static void so_many_recipients_and_no_more(void **state)
{
    (void)state;
    struct hufu_envelope *envelope = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf most = {.max = 1000000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf more = {.max = 1000000};
    craft(HUFU_RECIPIENTS_MAX, false, &most);
    assert_int_equal(hufu_envelope_read(hufu_buf_bytes(&most), &envelope, NULL), HUFU_OK);
    hufu_envelope_free(envelope);
    craft(HUFU_RECIPIENTS_MAX + 1, false, &more);
    assert_unreadable(hufu_buf_bytes(&more), HUFU_E_MESSAGE_FORMAT);
}

static void content_that_is_elsewhere(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
    craft(1, true, &message);
    assert_unreadable(hufu_buf_bytes(&message), HUFU_E_NO_CONTENT);
}

static void it_is_for_whom_it_names(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf message = {.max = 4000};
    encrypt(EVP_aes_128_cbc(), &message);
    HUFU_AUTO(hufu_envelope_free_auto) struct hufu_envelope *envelope = NULL;
    assert_int_equal(hufu_envelope_read(hufu_buf_bytes(&message), &envelope, NULL), HUFU_OK);
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *mine = citizen_certificate("citizen/keyx.der");
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *sign = citizen_certificate("citizen/sign.der");
    HUFU_AUTO(hufu_certificate_free_auto)
    struct hufu_certificate *other = citizen_certificate("second/keyx.der");
    assert_true(hufu_envelope_is_for(envelope, mine));
    assert_false(hufu_envelope_is_for(envelope, sign));
    assert_false(hufu_envelope_is_for(envelope, other));
    assert_int_equal(hufu_envelope_check(envelope, other, NULL), HUFU_E_NO_CERTIFICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_opens),
        cmocka_unit_test(messages_of_others_open),
        cmocka_unit_test(nothing_can_be_sealed),
        cmocka_unit_test(receivers_must_be_made_for_it),
        cmocka_unit_test(rsa_takes_so_much_and_no_more),
        cmocka_unit_test(damage_has_one_name),
        cmocka_unit_test(a_key_that_does_not_come_out_has_the_same_name),
        cmocka_unit_test(a_card_that_fails_says_so),
        cmocka_unit_test(what_is_no_envelope),
        cmocka_unit_test(a_cipher_that_nobody_knows),
        cmocka_unit_test(so_many_recipients_and_no_more),
        cmocka_unit_test(content_that_is_elsewhere),
        cmocka_unit_test(it_is_for_whom_it_names),
    };
    return cmocka_run_group_tests(tests, citizens_setup, NULL);
}
