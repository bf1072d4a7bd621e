#include "crypto/envelope.h"

#include "base/cleanup.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

/* RSAES-PKCS1-v1_5 needs at least so many bytes for itself (RFC 8017, 7.2.1). */
enum { PADDING_MIN = 11 };

enum { BLOCK = 4096 }; /* read at once; on the stack */

HUFU_DEFINE_AUTO(EVP_PKEY *, EVP_PKEY_free)
HUFU_DEFINE_AUTO(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
HUFU_DEFINE_AUTO(CMS_ContentInfo *, CMS_ContentInfo_free)
HUFU_DEFINE_AUTO(BIO *, BIO_free_all)
HUFU_DEFINE_AUTO(STACK_OF(X509) *, sk_X509_free)

struct hufu_envelope {
    CMS_ContentInfo *cms;
};

/* --- sealing --- */

static enum hufu_status check_receiver(const struct hufu_certificate *to, struct hufu_error *err)
{
    EVP_PKEY *key = X509_get0_pubkey(hufu_certificate_x509(to));
    if (!key || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
        return hufu_fail(err, HUFU_E_ALGORITHM, "key of the certificate is not RSA");
    if (!(hufu_certificate_key_usage(to) & HUFU_KEY_USAGE_ENCIPHER))
        return hufu_fail(err, HUFU_E_KEY_USAGE, "not for encryption");
    return HUFU_OK;
}

static enum hufu_status sealing_failed(struct hufu_error *err)
{
    return hufu_fail_from(err, HUFU_E_ENCRYPT, HUFU_ORIGIN_OPENSSL, ERR_peek_error(), "sealing");
}

static const EVP_CIPHER *cipher_of(enum hufu_cipher cipher)
{
    static const EVP_CIPHER *(*const functions[])(void) = {
        [HUFU_CIPHER_DES3] = EVP_des_ede3_cbc,
        [HUFU_CIPHER_AES128] = EVP_aes_128_cbc,
        [HUFU_CIPHER_AES192] = EVP_aes_192_cbc,
        [HUFU_CIPHER_AES256] = EVP_aes_256_cbc,
    };
    return functions[cipher]();
}

enum hufu_status hufu_envelope_seal(const struct hufu_certificate *to, enum hufu_cipher cipher,
                                    struct hufu_bytes content, struct hufu_buf *ret_der,
                                    struct hufu_error *err)
{
    HUFU_TRY(check_receiver(to, err));
    if (content.len > INT_MAX)
        return hufu_fail(err, HUFU_E_DATA_LENGTH, "content");
    ERR_clear_error();
    HUFU_AUTO(sk_X509_free_auto) STACK_OF(X509) *receivers = sk_X509_new_null();
    HUFU_AUTO(BIO_free_all_auto)
    BIO *data = BIO_new_mem_buf(content.data ? (const void *)content.data : "", (int)content.len);
    if (!receivers || !data || sk_X509_push(receivers, hufu_certificate_x509(to)) <= 0)
        return hufu_fail(err, HUFU_E_MEMORY, "sealing");
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = CMS_encrypt(receivers, data, cipher_of(cipher), CMS_BINARY);
    unsigned char *der = NULL;
    int len = cms ? i2d_CMS_ContentInfo(cms, &der) : 0;
    if (len > 0)
        hufu_buf_add(ret_der, der, (size_t)len);
    OPENSSL_free(der);
    return len > 0 && !ret_der->failed ? HUFU_OK : sealing_failed(err);
}

enum hufu_status hufu_rsa_encrypt(const struct hufu_certificate *to, struct hufu_bytes data,
                                  struct hufu_buf *ret_cipher, struct hufu_error *err)
{
    HUFU_TRY(check_receiver(to, err));
    EVP_PKEY *key = X509_get0_pubkey(hufu_certificate_x509(to));
    size_t size = (size_t)EVP_PKEY_get_size(key);
    if (data.len + PADDING_MIN > size)
        return hufu_fail(err, HUFU_E_DATA_LENGTH, "more than the key takes");
    ERR_clear_error();
    HUFU_AUTO(EVP_PKEY_CTX_free_auto) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    uint8_t *cipher = hufu_buf_extend(ret_cipher, size);
    size_t len = size;
    if (!context || !cipher || EVP_PKEY_encrypt_init(context) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_encrypt(context, cipher, &len, data.data ? data.data : (const uint8_t *)"",
                         data.len) != 1)
        return sealing_failed(err);
    hufu_buf_shorten(ret_cipher, size - len);
    return HUFU_OK;
}

/* --- reading --- */

void hufu_envelope_free(struct hufu_envelope *envelope)
{
    if (!envelope)
        return;
    CMS_ContentInfo_free(envelope->cms);
    free(envelope);
}

static enum hufu_status check_form(CMS_ContentInfo *cms, struct hufu_error *err)
{
    int type = OBJ_obj2nid(CMS_get0_type(cms));
    if (type != NID_pkcs7_enveloped && type != NID_id_smime_ct_authEnvelopedData)
        return hufu_fail(err, HUFU_E_MESSAGE_FORMAT, "not an envelope");
    if (sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms)) > HUFU_RECIPIENTS_MAX)
        return hufu_fail(err, HUFU_E_MESSAGE_FORMAT, "too many recipients");
    ASN1_OCTET_STRING **content = CMS_get0_content(cms);
    if (!content || !*content)
        return hufu_fail(err, HUFU_E_NO_CONTENT, "content is elsewhere");
    return HUFU_OK;
}

/* Sets the cipher up with a random key, as OpenSSL does where it has no other: its name and its
 * parameters are judged before anybody is asked for a PIN. */
static enum hufu_status check_cipher(CMS_ContentInfo *cms, struct hufu_error *err)
{
    HUFU_AUTO(BIO_free_all_auto) BIO *content = CMS_dataInit(cms, NULL);
    return content ? HUFU_OK
                   : hufu_fail_from(err, HUFU_E_ALGORITHM, HUFU_ORIGIN_OPENSSL, ERR_peek_error(),
                                    "cipher of the content");
}

enum hufu_status hufu_envelope_read(struct hufu_bytes message, struct hufu_envelope **ret_envelope,
                                    struct hufu_error *err)
{
    const unsigned char *at = message.data;
    ERR_clear_error();
    HUFU_AUTO(CMS_ContentInfo_free_auto)
    CMS_ContentInfo *cms = message.len > 0 && message.len <= INT_MAX
                               ? d2i_CMS_ContentInfo(NULL, &at, (long)message.len)
                               : NULL;
    if (!cms || at != message.data + message.len)
        return hufu_fail(err, HUFU_E_MESSAGE_FORMAT, "not one CMS");
    HUFU_TRY(check_form(cms, err));
    HUFU_TRY(check_cipher(cms, err));
    struct hufu_envelope *envelope = malloc(sizeof *envelope);
    if (!envelope)
        return hufu_fail(err, HUFU_E_MEMORY, "envelope");
    envelope->cms = HUFU_TAKE(cms);
    *ret_envelope = envelope;
    return HUFU_OK;
}

/* The first recipient that is named so, as CMS_decrypt takes the first one; NULL for none. */
static CMS_RecipientInfo *find(const struct hufu_envelope *envelope,
                               const struct hufu_certificate *certificate)
{
    STACK_OF(CMS_RecipientInfo) *all = CMS_get0_RecipientInfos(envelope->cms);
    for (int i = 0; i < sk_CMS_RecipientInfo_num(all); i++) {
        CMS_RecipientInfo *one = sk_CMS_RecipientInfo_value(all, i);
        if (CMS_RecipientInfo_type(one) == CMS_RECIPINFO_TRANS &&
            CMS_RecipientInfo_ktri_cert_cmp(one, hufu_certificate_x509(certificate)) == 0)
            return one;
    }
    return NULL;
}

bool hufu_envelope_is_for(const struct hufu_envelope *envelope,
                          const struct hufu_certificate *certificate)
{
    return find(envelope, certificate) != NULL;
}

enum hufu_status hufu_envelope_check(const struct hufu_envelope *envelope,
                                     const struct hufu_certificate *certificate,
                                     struct hufu_error *err)
{
    CMS_RecipientInfo *recipient = find(envelope, certificate);
    const ASN1_OBJECT *name = NULL;
    X509_ALGOR *algorithm = NULL;
    if (!recipient)
        return hufu_fail(err, HUFU_E_NO_CERTIFICATE, "no recipient");
    if (CMS_RecipientInfo_ktri_get0_algs(recipient, NULL, NULL, &algorithm) == 1)
        X509_ALGOR_get0(&name, NULL, NULL, algorithm);
    if (!name || OBJ_obj2nid(name) != NID_rsaEncryption)
        return hufu_fail(err, HUFU_E_ALGORITHM, "key does not travel by PKCS#1 v1.5");
    return HUFU_OK;
}

/* --- opening --- */

/* What CMS_decrypt would do, but it leaves the clear text on the stack. Whether the padding or the
 * tag was right is known at the end only. */
static bool read_content(BIO *from, struct hufu_buf *ret_content)
{
    uint8_t block[BLOCK];
    int len = 0;
    while ((len = BIO_read(from, block, sizeof block)) > 0)
        hufu_buf_add(ret_content, block, (size_t)len);
    explicit_bzero(block, sizeof block);
    return len == 0 && BIO_method_type(from) == BIO_TYPE_CIPHER && BIO_get_cipher_status(from) == 1;
}

/* With a receiver's certificate, OpenSSL takes the first recipient of that name and says nothing of
 * what became of its key. */
static bool decrypt(CMS_ContentInfo *cms, EVP_PKEY *key, X509 *receiver,
                    struct hufu_buf *ret_content)
{
    if (CMS_decrypt_set1_pkey(cms, key, receiver) != 1)
        return false;
    HUFU_AUTO(BIO_free_all_auto) BIO *content = CMS_dataInit(cms, NULL);
    return content && read_content(content, ret_content);
}

enum hufu_status hufu_envelope_open(const struct hufu_envelope *envelope,
                                    struct hufu_decrypter *decrypter, struct hufu_buf *ret_content,
                                    struct hufu_error *err)
{
    HUFU_AUTO(EVP_PKEY_free_auto) EVP_PKEY *key = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf content = {.max = ret_content->max};
    HUFU_TRY(hufu_decrypter_key(decrypter, &key, err));
    bool opened =
        decrypt(envelope->cms, key, hufu_certificate_x509(decrypter->certificate), &content);
    ERR_clear_error();
    if (decrypter->card.status != HUFU_OK) {
        if (err)
            *err = decrypter->card;
        return decrypter->card.status;
    }
    if (!opened)
        return hufu_fail(err, HUFU_E_DECRYPT, NULL);
    if (content.failed)
        return hufu_fail(err, HUFU_E_MEMORY, "content");
    hufu_buf_add(ret_content, content.data, content.len);
    return ret_content->failed ? hufu_fail(err, HUFU_E_MEMORY, "content") : HUFU_OK;
}
