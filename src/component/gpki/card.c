#include "base/cleanup.h"
#include "component/access.h"
#include "component/gpki/gpki.h"

/* Inferred: pages call GPKI_DetectCard for its error code and leave the number unused. */
static const char card_type[] = "1";

/* A citizen's card takes three wrong PINs. PKCS#11 tells no number, only these two flags. */
enum { TRIES_FULL = 3, TRIES_LOW = 2, TRIES_FINAL = 1, TRIES_NONE = 0 };

enum hufu_status gpki_detect_card(struct hufu_page *page, const struct hufu_arguments *arguments,
                                  struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t index = 0;
    struct hufu_reader reader;
    unsigned long flags = 0;
    HUFU_TRY(hufu_argument_number(arguments, 0, &flags, err));
    HUFU_TRY(hufu_access_choose(page, &index, &reader, err));
    if (!reader.card_known)
        return hufu_fail(err, HUFU_E_UNKNOWN_CARD, NULL);
    hufu_buf_add_text(ret_text, card_type);
    return HUFU_OK;
}

enum hufu_status gpki_get_slot_count(struct hufu_page *page, const struct hufu_arguments *arguments,
                                     struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t count = 0;
    (void)arguments;
    HUFU_TRY(hufu_access_count(page, &count, err));
    hufu_buf_printf(ret_text, "%zu", count);
    return HUFU_OK;
}

enum hufu_status gpki_set_reader_slot(struct hufu_page *page,
                                      const struct hufu_arguments *arguments,
                                      struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t count = 0;
    unsigned long flags = 0;
    unsigned long slot = 0;
    (void)ret_text;
    if (!hufu_argument(arguments, 1)[0])
        return hufu_fail(err, HUFU_E_PARAMETER, "no slot");
    HUFU_TRY(hufu_argument_number(arguments, 0, &flags, err));
    HUFU_TRY(hufu_argument_number(arguments, 1, &slot, err));
    HUFU_TRY(hufu_access_count(page, &count, err));
    if (slot >= count)
        return hufu_fail(err, HUFU_E_NO_READER, NULL);
    page->reader = (long)slot;
    return HUFU_OK;
}

enum hufu_status gpki_verify_pin(struct hufu_page *page, const struct hufu_arguments *arguments,
                                 struct hufu_buf *ret_text, struct hufu_error *err)
{
    HUFU_AUTO(hufu_access_done) struct hufu_access access = {0};
    unsigned long flags = 0;
    (void)ret_text;
    HUFU_TRY(hufu_argument_number(arguments, 1, &flags, err));
    HUFU_TRY(hufu_access_open(page, &access, err));
    const struct hufu_login login = {.page_pin = hufu_argument(arguments, 0),
                                     .purpose = HUFU_TEXT_PURPOSE_VERIFY_PIN};
    return hufu_access_login(page, &access, &login, err);
}

/* Inferred: the name says "error count", pages show it as the tries that are left. */
enum hufu_status gpki_get_error_pin_count(struct hufu_page *page,
                                          const struct hufu_arguments *arguments,
                                          struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t index = 0;
    struct hufu_reader reader;
    (void)arguments;
    HUFU_TRY(hufu_access_choose(page, &index, &reader, err));
    int tries = reader.pin_locked      ? TRIES_NONE
                : reader.pin_final_try ? TRIES_FINAL
                : reader.pin_count_low ? TRIES_LOW
                                       : TRIES_FULL;
    hufu_buf_printf(ret_text, "%d", tries);
    return HUFU_OK;
}

enum hufu_status gpki_get_serial_number(struct hufu_page *page,
                                        const struct hufu_arguments *arguments,
                                        struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t index = 0;
    struct hufu_reader reader;
    (void)arguments;
    HUFU_TRY(hufu_access_choose(page, &index, &reader, err));
    if (!reader.card_known)
        return hufu_fail(err, HUFU_E_UNKNOWN_CARD, NULL);
    if (!reader.card_serial[0])
        return hufu_fail(err, HUFU_E_NO_ATTRIBUTE, "serial number of the card");
    hufu_buf_add_text(ret_text, reader.card_serial);
    return HUFU_OK;
}

/* A citizen's card holds none: what a second card may do is in no certificate that PKCS#11 shows.
 */
enum hufu_status gpki_get_attribute_cert(struct hufu_page *page,
                                         const struct hufu_arguments *arguments,
                                         struct hufu_buf *ret_text, struct hufu_error *err)
{
    size_t index = 0;
    struct hufu_reader reader;
    unsigned long flags = 0;
    (void)ret_text;
    HUFU_TRY(hufu_argument_number(arguments, 2, &flags, err));
    HUFU_TRY(hufu_access_choose(page, &index, &reader, err));
    return hufu_fail(err, HUFU_E_NO_CERTIFICATE, "no attribute certificate");
}

enum hufu_status gpki_get_version(struct hufu_page *page, const struct hufu_arguments *arguments,
                                  struct hufu_buf *ret_text, struct hufu_error *err)
{
    unsigned long flag = 0;
    HUFU_TRY(hufu_argument_number(arguments, 0, &flag, err));
    hufu_buf_add_text(ret_text, page->version);
    return HUFU_OK;
}
