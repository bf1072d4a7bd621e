#include "base/cleanup.h"
#include "component/access.h"
#include "component/gpki/gpki.h"
#include "crypto/signer.h"
#include "wire/base64.h"
#include "wire/codepage.h"

#include <stdlib.h>
#include <string.h>

/* The parameters of both functions, in the order of the call. */
struct order {
    const char *pin;
    const char *data;
    const char *codepage;
    unsigned long flags;
    enum hufu_digest digest;
    bool is_hash; /* the data, of something that only the page knows */
};

static enum hufu_status read_digest(unsigned long number, enum hufu_digest *ret_digest,
                                    struct hufu_error *err)
{
    static const enum hufu_digest digests[] = {
        HUFU_DIGEST_SHA1, /* 0: the default of the published component */
        HUFU_DIGEST_MD5,    HUFU_DIGEST_SHA1,   HUFU_DIGEST_SHA224,
        HUFU_DIGEST_SHA256, HUFU_DIGEST_SHA384, HUFU_DIGEST_SHA512,
    };
    if (number >= sizeof digests / sizeof digests[0])
        return hufu_fail(err, HUFU_E_ALGORITHM, "hash flag");
    *ret_digest = digests[number];
    return HUFU_OK;
}

static enum hufu_status read_order(const struct hufu_arguments *arguments, struct order *ret_order,
                                   struct hufu_error *err)
{
    struct order order = {.pin = hufu_argument(arguments, 0),
                          .codepage = hufu_argument(arguments, 2)};
    unsigned long hash = 0;
    HUFU_TRY(hufu_argument_exact(arguments, 1, &order.data, err));
    HUFU_TRY(hufu_argument_number(arguments, 3, &order.flags, err));
    HUFU_TRY(hufu_argument_number(arguments, 4, &hash, err));
    HUFU_TRY(read_digest(hash, &order.digest, err));
    *ret_order = order;
    return HUFU_OK;
}

/* The bytes to sign: the text in the code page that the site's server expects. */
static enum hufu_status encode_data(const struct hufu_page *page, const struct order *order,
                                    struct hufu_buf *ret_data, struct hufu_error *err)
{
    if (order->flags & GPKI_FLAG_BASE64_DECODE)
        return hufu_base64_decode(hufu_bytes_of(order->data, strlen(order->data)), ret_data, err);
    return hufu_codepage_encode(gpki_codepage(page, order->codepage), order->data, ret_data, err);
}

static void put_result(const struct order *order, const struct hufu_buf *bytes,
                       struct hufu_buf *ret_text)
{
    if (order->flags & GPKI_FLAG_HEX)
        hufu_buf_add_hex(ret_text, bytes->data, bytes->len);
    else
        hufu_base64_encode(hufu_buf_bytes(bytes), ret_text);
}

/* Everything up to a card that is ready to sign. */
static enum hufu_status prepare(struct hufu_page *page, const struct order *order,
                                const struct hufu_content *content, struct hufu_access *access,
                                const struct hufu_card_certificate **ret_certificate,
                                struct hufu_error *err)
{
    HUFU_TRY(hufu_access_open(page, access, err));
    const struct hufu_card_certificate *found =
        hufu_access_certificate(access, HUFU_KEY_USAGE_SIGN);
    if (!found)
        return hufu_fail(err, HUFU_E_NO_CERTIFICATE, "none for signing");
    if (order->flags & GPKI_FLAG_CHECK_VALIDITY)
        HUFU_TRY(hufu_certificate_check_time(found->certificate, err));
    const struct hufu_login login = {
        .page_pin = order->pin, .purpose = HUFU_TEXT_PURPOSE_SIGN, .content = content};
    HUFU_TRY(hufu_access_login(page, access, &login, err));
    hufu_access_remember(page, found);
    *ret_certificate = found;
    return HUFU_OK;
}

static size_t collect_chain(const struct hufu_access *access, const struct hufu_certificate **chain)
{
    size_t count = 0;
    for (size_t i = 0; i < access->certificate_count; i++)
        if (hufu_certificate_is_ca(access->certificates[i].certificate))
            chain[count++] = access->certificates[i].certificate;
    return count;
}

/* The one step in which the functions below differ. */
typedef enum hufu_status sign_step(const struct order *order, const struct hufu_access *access,
                                   const struct hufu_signer *signer, struct hufu_bytes data,
                                   struct hufu_buf *ret_bytes, struct hufu_error *err);

static enum hufu_status sign(struct hufu_page *page, const struct order *order, sign_step *make,
                             struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_access_done) struct hufu_access access = {0};
    const struct hufu_card_certificate *certificate = NULL;
    HUFU_TRY(encode_data(page, order, &data, err));
    struct hufu_content content = {
        .bytes = hufu_buf_bytes(&data),
        .text = order->flags & GPKI_FLAG_BASE64_DECODE ? NULL : order->data,
        .is_hash = order->is_hash,
    };
    HUFU_TRY(prepare(page, order, &content, &access, &certificate, err));
    struct hufu_token_key key = {.token = access.token, .of = certificate};
    struct hufu_signer signer = {.certificate = certificate->certificate,
                                 .sign = hufu_token_sign,
                                 .context = &key,
                                 .err = err};
    HUFU_TRY(make(order, &access, &signer, hufu_buf_bytes(&data), &bytes, err));
    put_result(order, &bytes, ret_text);
    return HUFU_OK;
}

static enum hufu_status make_cms(const struct order *order, const struct hufu_access *access,
                                 const struct hufu_signer *signer, struct hufu_bytes data,
                                 struct hufu_buf *ret_bytes, struct hufu_error *err)
{
    unsigned options = 0;
    options |= order->flags & GPKI_FLAG_DETACHED ? HUFU_CMS_DETACHED : 0;
    options |= order->flags & GPKI_FLAG_NO_CERTIFICATE ? HUFU_CMS_NO_CERTIFICATE : 0;
    HUFU_AUTO(hufu_free)
    const struct hufu_certificate **chain = calloc(access->certificate_count + 1, sizeof *chain);
    if (!chain)
        return hufu_fail(err, HUFU_E_MEMORY, "chain");
    size_t count = order->flags & GPKI_FLAG_WHOLE_CHAIN ? collect_chain(access, chain) : 0;
    return hufu_cms_sign(signer, order->digest, options, data, chain, count, ret_bytes, err);
}

enum hufu_status gpki_sign_data(struct hufu_page *page, const struct hufu_arguments *arguments,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    struct order order;
    HUFU_TRY(read_order(arguments, &order, err));
    return sign(page, &order, make_cms, ret_text, err);
}

static enum hufu_status make_pure(const struct order *order, const struct hufu_access *access,
                                  const struct hufu_signer *signer, struct hufu_bytes data,
                                  struct hufu_buf *ret_bytes, struct hufu_error *err)
{
    unsigned options = 0;
    (void)access;
    options |= order->is_hash ? HUFU_PURE_IS_HASH : 0;
    options |= order->flags & GPKI_FLAG_NO_HASH_OID ? HUFU_PURE_NO_DIGESTINFO : 0;
    return hufu_pure_sign(signer, order->digest, options, data, ret_bytes, err);
}

/* Inferred: data is hashed unless it comes as base64 without "do hash"; then it is the hash. */
enum hufu_status gpki_pure_sign(struct hufu_page *page, const struct hufu_arguments *arguments,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    struct order order;
    HUFU_TRY(read_order(arguments, &order, err));
    order.is_hash = (order.flags & GPKI_FLAG_BASE64_DECODE) && !(order.flags & GPKI_FLAG_DO_HASH);
    return sign(page, &order, make_pure, ret_text, err);
}
