#include "crypto/certificate.h"
#include "base/cleanup.h"
#include "component/access.h"
#include "component/gpki/gpki.h"
#include "crypto/cms.h"
#include "wire/base64.h"

#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_certificate *, hufu_certificate_free)

/* --- the card's certificates --- */

/* A list ends every element with a semicolon, the last one too. */
static void add_element(struct hufu_buf *ret_text, const struct hufu_certificate *certificate)
{
    hufu_base64_encode(hufu_certificate_der(certificate), ret_text);
    hufu_buf_add_u8(ret_text, ';');
}

/* Pages use the first element to sign, so certificates for signing come first. */
enum hufu_status gpki_enum_certs(struct hufu_page *page, const struct hufu_arguments *arguments,
                                 struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_access_done) struct hufu_access access = {0};
    unsigned long key_usage = 0;
    HUFU_TRY(hufu_argument_number(arguments, 0, &key_usage, err));
    HUFU_TRY(hufu_access_open(page, &access, err));
    const struct hufu_card_certificate *first = hufu_access_certificate(&access, key_usage);
    if (!first)
        return hufu_fail(err, HUFU_E_NO_CERTIFICATE, NULL);
    for (int signing = 1; signing >= 0; signing--)
        for (size_t i = 0; i < access.certificate_count; i++) {
            const struct hufu_certificate *certificate = access.certificates[i].certificate;
            uint32_t usage = hufu_certificate_key_usage(certificate);
            if (!hufu_certificate_is_ca(certificate) && (!key_usage || usage & key_usage) &&
                !(usage & HUFU_KEY_USAGE_SIGN) == !signing)
                add_element(ret_text, certificate);
        }
    hufu_access_remember(page, first);
    return HUFU_OK;
}

enum hufu_status gpki_get_cached_cert(struct hufu_page *page,
                                      const struct hufu_arguments *arguments,
                                      struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)arguments;
    if (page->certificate.len == 0)
        return hufu_fail(err, HUFU_E_NO_CERTIFICATE, "none used yet");
    hufu_base64_encode(hufu_buf_bytes(&page->certificate), ret_text);
    return HUFU_OK;
}

/* --- what a certificate says; the page passes it, the card is not needed --- */

enum hufu_status gpki_read_certificate(const struct hufu_arguments *arguments, size_t flags_index,
                                       struct hufu_certificate **ret_certificate,
                                       struct hufu_error *err)
{
    unsigned long flags = 0;
    HUFU_TRY(hufu_argument_number(arguments, flags_index, &flags, err));
    return hufu_certificate_read_base64(hufu_argument(arguments, 0), ret_certificate, err);
}

static enum hufu_status read_first(const struct hufu_arguments *arguments,
                                   struct hufu_certificate **ret_certificate,
                                   struct hufu_error *err)
{
    unsigned long flags = 0;
    HUFU_TRY(hufu_argument_number(arguments, 1, &flags, err));
    return gpki_read_certificate(arguments, 1, ret_certificate, err);
}

struct name_flag {
    unsigned long flag;
    const char *part;
};

static const struct name_flag name_flags[] = {
    {0, NULL},       {0x10000, "CN"}, {0x20000, "emailAddress"},  {0x40000, "O"},
    {0x80000, "OU"}, {0x100000, "C"}, {0x200000, "serialNumber"},
};

static enum hufu_status name_of(enum hufu_name name, const struct hufu_arguments *arguments,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    unsigned long flags = 0;
    HUFU_TRY(hufu_argument_number(arguments, 1, &flags, err));
    HUFU_TRY(read_first(arguments, &certificate, err));
    for (size_t i = 0; i < sizeof name_flags / sizeof name_flags[0]; i++)
        if (name_flags[i].flag == flags)
            return hufu_certificate_name(certificate, name, name_flags[i].part, ret_text, err);
    return hufu_fail(err, HUFU_E_PARAMETER, "unknown part of a name");
}

enum hufu_status gpki_cert_subject(struct hufu_page *page, const struct hufu_arguments *arguments,
                                   struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return name_of(HUFU_NAME_SUBJECT, arguments, ret_text, err);
}

enum hufu_status gpki_cert_issuer(struct hufu_page *page, const struct hufu_arguments *arguments,
                                  struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return name_of(HUFU_NAME_ISSUER, arguments, ret_text, err);
}

enum hufu_status gpki_cert_serial_number(struct hufu_page *page,
                                         const struct hufu_arguments *arguments,
                                         struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    (void)page;
    HUFU_TRY(read_first(arguments, &certificate, err));
    return hufu_certificate_serial(certificate, ret_text, err);
}

static enum hufu_status time_of(enum hufu_time time, const struct hufu_arguments *arguments,
                                struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    HUFU_TRY(read_first(arguments, &certificate, err));
    return hufu_certificate_time(certificate, time, ret_text, err);
}

enum hufu_status gpki_cert_not_before(struct hufu_page *page,
                                      const struct hufu_arguments *arguments,
                                      struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return time_of(HUFU_TIME_NOT_BEFORE, arguments, ret_text, err);
}

enum hufu_status gpki_cert_not_after(struct hufu_page *page, const struct hufu_arguments *arguments,
                                     struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return time_of(HUFU_TIME_NOT_AFTER, arguments, ret_text, err);
}

/* Inferred: base64 of the SubjectPublicKeyInfo. */
enum hufu_status gpki_cert_public_key(struct hufu_page *page,
                                      const struct hufu_arguments *arguments,
                                      struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_CERTIFICATE_MAX};
    (void)page;
    HUFU_TRY(read_first(arguments, &certificate, err));
    HUFU_TRY(hufu_certificate_public_key(certificate, &der, err));
    hufu_base64_encode(hufu_buf_bytes(&der), ret_text);
    return HUFU_OK;
}

/* Inferred: "3" for X.509v3. */
enum hufu_status gpki_cert_version(struct hufu_page *page, const struct hufu_arguments *arguments,
                                   struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    (void)page;
    HUFU_TRY(read_first(arguments, &certificate, err));
    hufu_buf_printf(ret_text, "%ld", hufu_certificate_version(certificate));
    return HUFU_OK;
}

enum hufu_status gpki_cert_extensions(struct hufu_page *page,
                                      const struct hufu_arguments *arguments,
                                      struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    (void)page;
    HUFU_TRY(read_first(arguments, &certificate, err));
    return hufu_certificate_extensions(certificate, ret_text, err);
}

/* A certificate has one algorithm: the index of Mac pages has to be a number, and says no more. */
enum hufu_status gpki_cert_signature_algorithm(struct hufu_page *page,
                                               const struct hufu_arguments *arguments,
                                               struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    unsigned long index = 0;
    (void)page;
    HUFU_TRY(hufu_argument_number(arguments, 2, &index, err));
    HUFU_TRY(read_first(arguments, &certificate, err));
    return hufu_certificate_signature_algorithm(certificate, ret_text, err);
}

/* --- what a signature says --- */

/* Inferred: signers count from 0. */
enum hufu_status gpki_signature_algorithm(struct hufu_page *page,
                                          const struct hufu_arguments *arguments,
                                          struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_TEXT_MAX};
    const char *signature = hufu_argument(arguments, 0);
    unsigned long flags = 0;
    unsigned long index = 0;
    (void)page;
    HUFU_TRY(hufu_argument_number(arguments, 1, &flags, err));
    HUFU_TRY(hufu_argument_number(arguments, 2, &index, err));
    HUFU_TRY(hufu_base64_decode_lines(hufu_bytes_of(signature, strlen(signature)), &der, err));
    return hufu_cms_signature_algorithm(hufu_buf_bytes(&der), index, ret_text, err);
}
