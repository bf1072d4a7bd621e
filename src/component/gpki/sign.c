#include "base/cleanup.h"
#include "component/gpki/gpki.h"
#include "component/series.h"
#include "component/signing.h"
#include "wire/base64.h"
#include "wire/codepage.h"

#include <stdlib.h>
#include <string.h>

enum { NO_PIN = 0, AFTER_PIN = 1 };

/* The parameters of these functions, in the order of the call. */
struct order {
    const char *pin;
    const char *data;
    const char *codepage;
    unsigned long flags;
    enum hufu_digest digest;
    bool is_hash;   /* the data, of something that only the page knows */
    bool in_series; /* no PIN: see component/series.h */
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

/* `first` is the place of the data, after the PIN where there is one. */
static enum hufu_status read_order(const struct hufu_arguments *arguments, size_t first,
                                   struct order *ret_order, struct hufu_error *err)
{
    struct order order = {.pin = first ? hufu_argument(arguments, 0) : "",
                          .codepage = hufu_argument(arguments, first + 1)};
    unsigned long hash = 0;
    HUFU_TRY(hufu_argument_exact(arguments, first, &order.data, err));
    HUFU_TRY(hufu_argument_number(arguments, first + 2, &order.flags, err));
    HUFU_TRY(hufu_argument_number(arguments, first + 3, &hash, err));
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

static size_t collect_chain(const struct hufu_access *access, const struct hufu_certificate **chain)
{
    size_t count = 0;
    for (size_t i = 0; i < access->certificate_count; i++)
        if (hufu_certificate_is_ca(access->certificates[i].certificate))
            chain[count++] = access->certificates[i].certificate;
    return count;
}

/* The one step in which the functions below differ. */
typedef enum hufu_status sign_step(const struct order *order, const struct hufu_signing *signing,
                                   struct hufu_bytes data, struct hufu_buf *ret_bytes,
                                   struct hufu_error *err);

static enum hufu_status sign(struct hufu_page *page, const struct order *order, sign_step *make,
                             struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf data = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf bytes = {.max = HUFU_TEXT_MAX};
    HUFU_AUTO(hufu_signing_done) struct hufu_signing signing = {0};
    HUFU_TRY(encode_data(page, order, &data, err));
    struct hufu_content content = {
        .bytes = hufu_buf_bytes(&data),
        .text = order->flags & GPKI_FLAG_BASE64_DECODE ? NULL : order->data,
        .is_hash = order->is_hash,
    };
    const struct hufu_signing_order wanted = {
        .page_pin = order->pin,
        .content = &content,
        .check_validity = order->flags & GPKI_FLAG_CHECK_VALIDITY,
        .in_series = order->in_series,
    };
    HUFU_TRY(hufu_signing_open(page, &wanted, &signing, err));
    HUFU_TRY(make(order, &signing, hufu_buf_bytes(&data), &bytes, err));
    gpki_put_bytes(order->flags, &bytes, ret_text);
    return HUFU_OK;
}

static enum hufu_status make_cms(const struct order *order, const struct hufu_signing *signing,
                                 struct hufu_bytes data, struct hufu_buf *ret_bytes,
                                 struct hufu_error *err)
{
    const struct hufu_access *access = &signing->access;
    unsigned options = 0;
    options |= order->flags & GPKI_FLAG_DETACHED ? HUFU_CMS_DETACHED : 0;
    options |= order->flags & GPKI_FLAG_NO_CERTIFICATE ? HUFU_CMS_NO_CERTIFICATE : 0;
    HUFU_AUTO(hufu_free)
    const struct hufu_certificate **chain = calloc(access->certificate_count + 1, sizeof *chain);
    if (!chain)
        return hufu_fail(err, HUFU_E_MEMORY, "chain");
    size_t count = order->flags & GPKI_FLAG_WHOLE_CHAIN ? collect_chain(access, chain) : 0;
    return hufu_cms_sign(&signing->signer, order->digest, options, data, chain, count, ret_bytes,
                         err);
}

enum hufu_status gpki_sign_data(struct hufu_page *page, const struct hufu_arguments *arguments,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    struct order order;
    HUFU_TRY(read_order(arguments, AFTER_PIN, &order, err));
    return sign(page, &order, make_cms, ret_text, err);
}

enum hufu_status gpki_sign_data_update(struct hufu_page *page,
                                       const struct hufu_arguments *arguments,
                                       struct hufu_buf *ret_text, struct hufu_error *err)
{
    struct order order;
    HUFU_TRY(read_order(arguments, NO_PIN, &order, err));
    order.in_series = true;
    return sign(page, &order, make_cms, ret_text, err);
}

static enum hufu_status make_pure(const struct order *order, const struct hufu_signing *signing,
                                  struct hufu_bytes data, struct hufu_buf *ret_bytes,
                                  struct hufu_error *err)
{
    unsigned options = 0;
    options |= order->is_hash ? HUFU_PURE_IS_HASH : 0;
    options |= order->flags & GPKI_FLAG_NO_HASH_OID ? HUFU_PURE_NO_DIGESTINFO : 0;
    return hufu_pure_sign(&signing->signer, order->digest, options, data, ret_bytes, err);
}

/* Inferred: data is hashed unless it comes as base64 without "do hash"; then it is the hash. */
enum hufu_status gpki_pure_sign(struct hufu_page *page, const struct hufu_arguments *arguments,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    struct order order;
    HUFU_TRY(read_order(arguments, AFTER_PIN, &order, err));
    order.is_hash = (order.flags & GPKI_FLAG_BASE64_DECODE) && !(order.flags & GPKI_FLAG_DO_HASH);
    return sign(page, &order, make_pure, ret_text, err);
}

/* Inferred: the three names of it do the same, their flags have no effect. */
enum hufu_status gpki_sign_init(struct hufu_page *page, const struct hufu_arguments *arguments,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    unsigned long flags = 0;
    (void)ret_text;
    HUFU_TRY(hufu_argument_number(arguments, 1, &flags, err));
    return hufu_series_begin(page, hufu_argument(arguments, 0), err);
}

/* Done when nothing is open, too: what the page wants is so. */
enum hufu_status gpki_sign_final(struct hufu_page *page, const struct hufu_arguments *arguments,
                                 struct hufu_buf *ret_text, struct hufu_error *err)
{
    unsigned long flags = 0;
    (void)ret_text;
    hufu_series_end(page);
    return hufu_argument_number(arguments, 0, &flags, err);
}
