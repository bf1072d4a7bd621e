#include "base/cleanup.h"
#include "component/gpki/gpki.h"
#include "component/signing.h"
#include "crypto/key.h"
#include "wire/base64.h"
#include "xml/template.h"

#include <string.h>

/* In which the functions differ. What comes back is seen for the two in which it says so, and
 * inferred for the others: they have the parameters of SignTemplateDigest. */
struct kind {
    size_t first;        /* place of the document, after the PIN where there is one */
    bool in_series;      /* no PIN: see component/series.h */
    bool makes_digests;  /* else they are the page's */
    bool returns_base64; /* else the text as it is */
};

static const struct kind calc_digest = {.first = 0, .makes_digests = true, .returns_base64 = true};
static const struct kind sign_digest = {.first = 1};
static const struct kind sign_template = {.first = 1, .makes_digests = true};
static const struct kind sign_digest_update = {.first = 0, .in_series = true};
static const struct kind sign_template_update = {
    .first = 0, .in_series = true, .makes_digests = true};

/* A template on its way; `content` is what the window shows. */
struct work {
    const struct kind *kind;
    struct hufu_buf decoded;
    struct hufu_xml_template *template;
    struct hufu_buf signed_info;
    struct hufu_content content;
};

static void work_done(struct work *work)
{
    hufu_xml_template_free(work->template);
    hufu_buf_done(&work->signed_info);
    hufu_buf_done(&work->decoded);
}

/* The document itself, or base64 of it: "<" is in every document and in no base64. Borrowed from
 * the argument or from `decoded`. */
static enum hufu_status read_document(const char *argument, struct hufu_buf *decoded,
                                      struct hufu_bytes *ret_document, struct hufu_error *err)
{
    struct hufu_bytes text = hufu_bytes_of(argument, strlen(argument));
    if (!memchr(text.data, '<', text.len)) {
        HUFU_TRY(hufu_base64_decode(text, decoded, err));
        text = hufu_buf_bytes(decoded);
    }
    if (text.len > HUFU_TEXT_MAX)
        return hufu_fail(err, HUFU_E_MEMORY, "document");
    *ret_document = text;
    return HUFU_OK;
}

static enum hufu_status open_work(const struct hufu_arguments *arguments, struct work *work,
                                  struct hufu_error *err)
{
    const char *text = NULL, *id = NULL;
    struct hufu_bytes document;
    HUFU_TRY(hufu_argument_exact(arguments, work->kind->first, &text, err));
    HUFU_TRY(hufu_argument_exact(arguments, work->kind->first + 1, &id, err));
    HUFU_TRY(read_document(text, &work->decoded, &document, err));
    return hufu_xml_template_open(document, id, &work->template, err);
}

static enum hufu_status settle_digests(struct work *work, struct hufu_error *err)
{
    return work->kind->makes_digests ? hufu_xml_template_make_digests(work->template, err)
                                     : hufu_xml_template_check_digests(work->template, err);
}

static enum hufu_status put_result(struct work *work, struct hufu_buf *ret_text,
                                   struct hufu_error *err)
{
    if (!work->kind->returns_base64)
        return hufu_xml_template_write(work->template, ret_text, err);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_TEXT_MAX};
    HUFU_TRY(hufu_xml_template_write(work->template, &text, err));
    hufu_base64_encode(hufu_buf_bytes(&text), ret_text);
    return HUFU_OK;
}

enum hufu_status gpki_xml_calc_template_digest(struct hufu_page *page,
                                               const struct hufu_arguments *arguments,
                                               struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(work_done)
    struct work work = {.kind = &calc_digest, .decoded = {.max = HUFU_TEXT_MAX}};
    (void)page;
    HUFU_TRY(open_work(arguments, &work, err));
    HUFU_TRY(settle_digests(&work, err));
    return put_result(&work, ret_text, err);
}

/* --- signing --- */

/* All that is known of the document once it is known who signs. A person sees the one thing that
 * SignedInfo refers to, or else SignedInfo itself. */
static enum hufu_status prepare(void *context, const struct hufu_certificate *certificate,
                                struct hufu_error *err)
{
    struct work *work = context;
    HUFU_TRY(hufu_xml_template_set_certificate(work->template, certificate, err));
    HUFU_TRY(settle_digests(work, err));
    HUFU_TRY(hufu_xml_template_signed_info(work->template, &work->signed_info, err));
    struct hufu_bytes content = hufu_xml_template_content(work->template);
    work->content.bytes = content.len > 0 ? content : hufu_buf_bytes(&work->signed_info);
    return HUFU_OK;
}

static enum hufu_status add_signature(struct work *work, const struct hufu_signer *signer,
                                      struct hufu_error *err)
{
    enum { SIGNATURE_MAX = 1024 }; /* RSA-4096 has 512 bytes */
    const struct hufu_xml_signature_method *method = hufu_xml_template_method(work->template);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf plain = {.max = SIGNATURE_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf pair = {.max = SIGNATURE_MAX};
    HUFU_TRY(
        hufu_pure_sign(signer, method->digest, 0, hufu_buf_bytes(&work->signed_info), &plain, err));
    if (method->key != HUFU_KEY_EC)
        return hufu_xml_template_set_signature(work->template, hufu_buf_bytes(&plain), err);
    HUFU_TRY(hufu_key_pair_of_der(signer->certificate, hufu_buf_bytes(&plain), &pair, err));
    return hufu_xml_template_set_signature(work->template, hufu_buf_bytes(&pair), err);
}

static enum hufu_status sign(struct hufu_page *page, const struct kind *kind,
                             const struct hufu_arguments *arguments, struct hufu_buf *ret_text,
                             struct hufu_error *err)
{
    unsigned long flags = 0;
    HUFU_AUTO(work_done)
    struct work work = {
        .kind = kind, .decoded = {.max = HUFU_TEXT_MAX}, .signed_info = {.max = HUFU_TEXT_MAX}};
    HUFU_TRY(hufu_argument_number(arguments, kind->first + 2, &flags, err));
    HUFU_TRY(open_work(arguments, &work, err));
    const struct hufu_signing_order order = {
        .page_pin = kind->in_series ? "" : hufu_argument(arguments, 0),
        .content = &work.content,
        .check_validity = flags & GPKI_FLAG_CHECK_VALIDITY,
        .in_series = kind->in_series,
        .prepare = prepare,
        .context = &work,
    };
    HUFU_AUTO(hufu_signing_done) struct hufu_signing signing = {0};
    HUFU_TRY(hufu_signing_open(page, &order, &signing, err));
    HUFU_TRY(add_signature(&work, &signing.signer, err));
    return put_result(&work, ret_text, err);
}

enum hufu_status gpki_xml_sign_template(struct hufu_page *page,
                                        const struct hufu_arguments *arguments,
                                        struct hufu_buf *ret_text, struct hufu_error *err)
{
    return sign(page, &sign_template, arguments, ret_text, err);
}

enum hufu_status gpki_xml_sign_template_digest(struct hufu_page *page,
                                               const struct hufu_arguments *arguments,
                                               struct hufu_buf *ret_text, struct hufu_error *err)
{
    return sign(page, &sign_digest, arguments, ret_text, err);
}

enum hufu_status gpki_xml_sign_template_update(struct hufu_page *page,
                                               const struct hufu_arguments *arguments,
                                               struct hufu_buf *ret_text, struct hufu_error *err)
{
    return sign(page, &sign_template_update, arguments, ret_text, err);
}

enum hufu_status gpki_xml_sign_template_digest_update(struct hufu_page *page,
                                                      const struct hufu_arguments *arguments,
                                                      struct hufu_buf *ret_text,
                                                      struct hufu_error *err)
{
    return sign(page, &sign_digest_update, arguments, ret_text, err);
}
