#include "crypto/envelope.h"
#include "base/cleanup.h"
#include "component/access.h"
#include "component/gpki/gpki.h"
#include "wire/base64.h"
#include "wire/codepage.h"

#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_certificate *, hufu_certificate_free)
HUFU_DEFINE_AUTO(struct hufu_envelope *, hufu_envelope_free)

/* Inferred: the code page of a clear text, on either side, is that of SetCodePage. */
static const char of_the_page[] = "";

/* Where the number of the cipher stands in iFlags. */
enum { CIPHER_MASK = 0xF };

/* Documented, except what 0 means: inferred, the strongest that every reader of CMS has. */
#define CIPHER_DEFAULT HUFU_CIPHER_AES256

/* --- encrypting, which takes no card --- */

/* `why` of those that are not there: DES, IDEA and RC4 are broken or no longer in OpenSSL. */
struct cipher_flag {
    enum hufu_cipher cipher;
    const char *why;
};

static const struct cipher_flag ciphers[] = {
    [0] = {CIPHER_DEFAULT, NULL},     [1] = {0, "DES: its key is too short"},
    [2] = {HUFU_CIPHER_DES3, NULL},   [3] = {0, "IDEA: no longer in OpenSSL"},
    [4] = {0, "RC4: broken"},         [5] = {HUFU_CIPHER_AES128, NULL},
    [6] = {HUFU_CIPHER_AES192, NULL}, [7] = {HUFU_CIPHER_AES256, NULL},
};

static enum hufu_status read_cipher(unsigned long flags, enum hufu_cipher *ret_cipher,
                                    struct hufu_error *err)
{
    unsigned long number = flags & CIPHER_MASK;
    if (number >= sizeof ciphers / sizeof ciphers[0])
        return hufu_fail(err, HUFU_E_ALGORITHM, "cipher flag");
    if (ciphers[number].why)
        return hufu_fail(err, HUFU_E_ALGORITHM, ciphers[number].why);
    *ret_cipher = ciphers[number].cipher;
    return HUFU_OK;
}

/* strCert strData iFlags. The text as it came: "null" may be what somebody wrote. */
static enum hufu_status read_receiver(const struct hufu_page *page,
                                      const struct hufu_arguments *arguments,
                                      struct hufu_certificate **ret_to, struct hufu_buf *ret_data,
                                      unsigned long *ret_flags, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *to = NULL;
    const char *data = NULL;
    HUFU_TRY(hufu_argument_exact(arguments, 1, &data, err));
    HUFU_TRY(hufu_argument_number(arguments, 2, ret_flags, err));
    HUFU_TRY(hufu_certificate_read_base64(hufu_argument(arguments, 0), &to, err));
    if (*ret_flags & GPKI_FLAG_CHECK_VALIDITY)
        HUFU_TRY(hufu_certificate_check_time(to, err));
    if (*ret_flags & GPKI_FLAG_BASE64_DECODE)
        HUFU_TRY(hufu_base64_decode(hufu_bytes_of(data, strlen(data)), ret_data, err));
    else
        HUFU_TRY(hufu_codepage_encode(gpki_codepage(page, of_the_page), data, ret_data, err));
    *ret_to = HUFU_TAKE(to);
    return HUFU_OK;
}

enum hufu_status gpki_encrypt_by_cert(struct hufu_page *page,
                                      const struct hufu_arguments *arguments,
                                      struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *to = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sealed = {.max = HUFU_TEXT_MAX};
    unsigned long flags = 0;
    enum hufu_cipher cipher = CIPHER_DEFAULT;
    HUFU_TRY(read_receiver(page, arguments, &to, &data, &flags, err));
    HUFU_TRY(read_cipher(flags, &cipher, err));
    HUFU_TRY(hufu_envelope_seal(to, cipher, hufu_buf_bytes(&data), &sealed, err));
    gpki_put_bytes(flags, &sealed, ret_text);
    return HUFU_OK;
}

enum hufu_status gpki_rsa_encrypt_by_cert(struct hufu_page *page,
                                          const struct hufu_arguments *arguments,
                                          struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *to = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf sealed = {.max = HUFU_CERTIFICATE_MAX};
    unsigned long flags = 0;
    HUFU_TRY(read_receiver(page, arguments, &to, &data, &flags, err));
    HUFU_TRY(hufu_rsa_encrypt(to, hufu_buf_bytes(&data), &sealed, err));
    gpki_put_bytes(flags, &sealed, ret_text);
    return HUFU_OK;
}

/* --- decrypting, with the card --- */

/* What a page wants opened: `envelope`, or with NULL the bare RSA of `bytes`. */
struct order {
    const char *pin;
    unsigned long flags;
    unsigned long key_usage;
    struct hufu_bytes bytes;
    const struct hufu_envelope *envelope;
};

/* Servers break lines, as certificates come back broken. */
static enum hufu_status decode_cipher(const char *text, struct hufu_buf *ret_bytes,
                                      struct hufu_error *err)
{
    static const char white[] = " \t\r\n";
    HUFU_AUTO(hufu_buf_done) struct hufu_buf joined = {.max = HUFU_TEXT_MAX};
    for (const char *at = text + strspn(text, white); *at; at += strspn(at, white)) {
        size_t len = strcspn(at, white);
        hufu_buf_add(&joined, at, len);
        at += len;
    }
    if (joined.failed)
        return hufu_fail(err, HUFU_E_BASE64, "too long");
    return hufu_base64_decode(hufu_buf_bytes(&joined), ret_bytes, err);
}

static bool may_decrypt(const struct hufu_certificate *certificate, unsigned long key_usage)
{
    uint32_t usage = hufu_certificate_key_usage(certificate);
    return !hufu_certificate_is_ca(certificate) && usage & HUFU_KEY_USAGE_ENCIPHER &&
           (key_usage == 0 || usage & key_usage);
}

static enum hufu_status choose(const struct hufu_access *access, const struct order *order,
                               const struct hufu_card_certificate **ret_chosen,
                               struct hufu_error *err)
{
    bool other_use = false;
    for (size_t i = 0; i < access->certificate_count; i++) {
        const struct hufu_certificate *certificate = access->certificates[i].certificate;
        if (order->envelope && !hufu_envelope_is_for(order->envelope, certificate))
            continue;
        if (!may_decrypt(certificate, order->key_usage)) {
            other_use = true;
            continue;
        }
        *ret_chosen = &access->certificates[i];
        return order->envelope ? hufu_envelope_check(order->envelope, certificate, err) : HUFU_OK;
    }
    return hufu_fail(err, order->envelope && other_use ? HUFU_E_KEY_USAGE : HUFU_E_NO_CERTIFICATE,
                     "none to decrypt with");
}

/* Everything up to a card that is ready to decrypt. */
static enum hufu_status prepare(struct hufu_page *page, const struct order *order,
                                struct hufu_access *access,
                                const struct hufu_card_certificate **ret_chosen,
                                struct hufu_error *err)
{
    const struct hufu_content content = {.bytes = order->bytes, .is_cipher = true};
    const struct hufu_login login = {
        .page_pin = order->pin, .purpose = HUFU_TEXT_PURPOSE_DECRYPT, .content = &content};
    HUFU_TRY(hufu_access_open(page, access, err));
    HUFU_TRY(choose(access, order, ret_chosen, err));
    if (order->flags & GPKI_FLAG_CHECK_VALIDITY)
        HUFU_TRY(hufu_certificate_check_time((*ret_chosen)->certificate, err));
    HUFU_TRY(hufu_access_login(page, access, &login, err));
    hufu_access_remember(page, *ret_chosen);
    return HUFU_OK;
}

static enum hufu_status use_key(const struct order *order, struct hufu_token_key *key,
                                struct hufu_buf *ret_clear, struct hufu_error *err)
{
    struct hufu_decrypter decrypter = {
        .certificate = key->of->certificate, .decrypt = hufu_token_decrypt, .context = key};
    if (order->envelope)
        return hufu_envelope_open(order->envelope, &decrypter, ret_clear, err);
    return hufu_token_decrypt(key, order->bytes, ret_clear, err);
}

/* A text must be one, and without a NUL, behind which a page would see nothing. A key that went
 * wrong gives noise now and then: what is no text is answered as what is damaged. */
static enum hufu_status put_clear(const struct hufu_page *page, unsigned long flags,
                                  const struct hufu_buf *clear, struct hufu_buf *ret_text,
                                  struct hufu_error *err)
{
    if (flags & (GPKI_FLAG_HEX | GPKI_FLAG_BASE64_ENCODE)) {
        gpki_put_bytes(flags, clear, ret_text);
        return HUFU_OK;
    }
    if (hufu_codepage_decode(gpki_codepage(page, of_the_page), hufu_buf_bytes(clear), ret_text,
                             NULL) != HUFU_OK)
        return hufu_fail(err, HUFU_E_DECRYPT, NULL);
    return HUFU_OK;
}

static enum hufu_status decrypt(struct hufu_page *page, const struct order *order,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf clear = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_access_done) struct hufu_access access = {0};
    struct hufu_token_key key = {0};
    HUFU_TRY(prepare(page, order, &access, &key.of, err));
    key.token = access.token;
    HUFU_TRY(use_key(order, &key, &clear, err));
    return put_clear(page, order->flags, &clear, ret_text, err);
}

static enum hufu_status decrypt_envelope(struct hufu_page *page, struct order *order,
                                         const struct hufu_arguments *arguments, size_t first,
                                         struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_envelope_free_auto) struct hufu_envelope *envelope = NULL;
    HUFU_TRY(hufu_argument_number(arguments, first + 1, &order->flags, err));
    HUFU_TRY(hufu_argument_number(arguments, first + 2, &order->key_usage, err));
    HUFU_TRY(decode_cipher(hufu_argument(arguments, first), &bytes, err));
    HUFU_TRY(hufu_envelope_read(hufu_buf_bytes(&bytes), &envelope, err));
    order->bytes = hufu_buf_bytes(&bytes);
    order->envelope = envelope;
    return decrypt(page, order, ret_text, err);
}

enum hufu_status gpki_decrypt(struct hufu_page *page, const struct hufu_arguments *arguments,
                              struct hufu_buf *ret_text, struct hufu_error *err)
{
    struct order order = {.pin = ""};
    return decrypt_envelope(page, &order, arguments, 0, ret_text, err);
}

enum hufu_status gpki_decrypt_ex(struct hufu_page *page, const struct hufu_arguments *arguments,
                                 struct hufu_buf *ret_text, struct hufu_error *err)
{
    struct order order = {.pin = hufu_argument(arguments, 0)};
    return decrypt_envelope(page, &order, arguments, 1, ret_text, err);
}

enum hufu_status gpki_rsa_decrypt(struct hufu_page *page, const struct hufu_arguments *arguments,
                                  struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = HUFU_TEXT_MAX};
    struct order order = {.pin = hufu_argument(arguments, 1)};
    HUFU_TRY(hufu_argument_number(arguments, 2, &order.flags, err));
    HUFU_TRY(decode_cipher(hufu_argument(arguments, 0), &bytes, err));
    order.bytes = hufu_buf_bytes(&bytes);
    return decrypt(page, &order, ret_text, err);
}
