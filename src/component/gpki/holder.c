/* Who holds a certificate and what the card is for: subjectDirectoryAttributes of the GPKI. */
#include "base/cleanup.h"
#include "component/gpki/gpki.h"
#include "crypto/certificate.h"

#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_certificate *, hufu_certificate_free)

static const char kind_of_holder[] = "2.16.886.1.100.2.1";
static const char card_rank[] = "2.16.886.1.100.2.2";
static const char tail_of_citizen_id[] = "2.16.886.1.100.2.51";
static const char business_number[] = "2.16.886.1.100.2.101";
static const char entity_oid[] = "2.16.886.1.100.2.102";

/* Inferred: a number for each kind of card, by its issuer. The first row at or above a holder's OID
 * counts. */
static const struct kind {
    const char *arc;
    const char *number;
} kinds[] = {
    {"2.16.886.1.100.3.1.1", "1"},  /* citizen */
    {"2.16.886.1.100.3.1.9", "1"},  /* foreign resident */
    {"2.16.886.1.100.3.2.2", "2"},  /* company */
    {"2.16.886.1.100.3.2.3", "2"},  /* other businesses */
    {"2.16.886.1.100.3.2.1", "3"},  /* agency, and its units */
    {"2.16.886.1.100.3.1.7", "5"},  /* health professional */
    {"2.16.886.1.100.3.2.21", "5"}, /* health institution */
    {"2.16.886.1.100.3.2", "4"},    /* any other organisation */
    {"2.16.886.1.100.3.3", "6"},    /* server */
};

static enum hufu_status attribute_of(const struct hufu_arguments *arguments, const char *oid,
                                     struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    HUFU_TRY(gpki_read_certificate(arguments, 1, &certificate, err));
    return hufu_certificate_attribute(certificate, oid, ret_text, err);
}

enum hufu_status gpki_tail_of_citizen_id(struct hufu_page *page,
                                         const struct hufu_arguments *arguments,
                                         struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return attribute_of(arguments, tail_of_citizen_id, ret_text, err);
}

static bool is_below(const char *oid, const char *arc)
{
    size_t len = strlen(arc);
    return strncmp(oid, arc, len) == 0 && (oid[len] == 0 || oid[len] == '.');
}

enum hufu_status gpki_get_cert_type(struct hufu_page *page, const struct hufu_arguments *arguments,
                                    struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf oid = {.max = HUFU_CERTIFICATE_MAX};
    (void)page;
    HUFU_TRY(attribute_of(arguments, kind_of_holder, &oid, err));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_below(hufu_buf_text(&oid), kinds[i].arc)) {
            hufu_buf_add_text(ret_text, kinds[i].number);
            return HUFU_OK;
        }
    return hufu_fail(err, HUFU_E_NO_ATTRIBUTE, "kind of holder");
}

enum hufu_status gpki_get_cert_type_oid(struct hufu_page *page,
                                        const struct hufu_arguments *arguments,
                                        struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return attribute_of(arguments, kind_of_holder, ret_text, err);
}

/* Inferred: what the card says, unchanged. */
enum hufu_status gpki_get_card_holder_rank(struct hufu_page *page,
                                           const struct hufu_arguments *arguments,
                                           struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return attribute_of(arguments, card_rank, ret_text, err);
}

enum hufu_status gpki_get_organization_id(struct hufu_page *page,
                                          const struct hufu_arguments *arguments,
                                          struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return attribute_of(arguments, business_number, ret_text, err);
}

enum hufu_status gpki_get_entity_oid(struct hufu_page *page, const struct hufu_arguments *arguments,
                                     struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    return attribute_of(arguments, entity_oid, ret_text, err);
}

enum hufu_status gpki_directory_attribute(struct hufu_page *page,
                                          const struct hufu_arguments *arguments,
                                          struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_certificate_free_auto) struct hufu_certificate *certificate = NULL;
    (void)page;
    HUFU_TRY(gpki_read_certificate(arguments, 2, &certificate, err));
    return hufu_certificate_attribute(certificate, hufu_argument(arguments, 1), ret_text, err);
}
