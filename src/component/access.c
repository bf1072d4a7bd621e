#include "component/access.h"

#include "base/cleanup.h"

#include <string.h>

void hufu_access_done(struct hufu_access *access)
{
    hufu_token_release(access->token);
    hufu_secret_free(access->pin);
    *access = (struct hufu_access){0};
}

enum hufu_status hufu_access_count(struct hufu_page *page, size_t *ret_count,
                                   struct hufu_error *err)
{
    if (!page->cards)
        HUFU_TRY(hufu_cards_open(&page->cards, err));
    return hufu_cards_count(page->cards, ret_count, err);
}

static enum hufu_status choose_first(struct hufu_page *page, size_t count, size_t *ret_index,
                                     struct hufu_reader *ret_reader, struct hufu_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct hufu_reader reader;
        if (hufu_cards_reader(page->cards, i, &reader, NULL) != HUFU_OK || !reader.card_present)
            continue;
        *ret_index = i;
        *ret_reader = reader;
        return HUFU_OK;
    }
    return hufu_fail(err, count ? HUFU_E_NO_CARD : HUFU_E_NO_READER, NULL);
}

enum hufu_status hufu_access_choose(struct hufu_page *page, size_t *ret_index,
                                    struct hufu_reader *ret_reader, struct hufu_error *err)
{
    size_t count = 0;
    HUFU_TRY(hufu_access_count(page, &count, err));
    if (page->reader == HUFU_READER_AUTOMATIC)
        return choose_first(page, count, ret_index, ret_reader, err);
    struct hufu_reader reader;
    HUFU_TRY(hufu_cards_reader(page->cards, (size_t)page->reader, &reader, err));
    if (!reader.card_present)
        return hufu_fail(err, HUFU_E_NO_CARD, NULL);
    *ret_index = (size_t)page->reader;
    *ret_reader = reader;
    return HUFU_OK;
}

enum hufu_status hufu_access_open(struct hufu_page *page, struct hufu_access *access,
                                  struct hufu_error *err)
{
    size_t index = 0;
    HUFU_TRY(hufu_access_choose(page, &index, &access->reader, err));
    HUFU_TRY(hufu_token_open(page->cards, index, &access->reader, &access->token, err));
    return hufu_token_certificates(access->token, &access->certificates, &access->certificate_count,
                                   err);
}

const struct hufu_card_certificate *hufu_access_certificate(const struct hufu_access *access,
                                                            unsigned long key_usage)
{
    for (size_t i = 0; i < access->certificate_count; i++) {
        const struct hufu_certificate *certificate = access->certificates[i].certificate;
        if (!hufu_certificate_is_ca(certificate) &&
            (key_usage == 0 || hufu_certificate_key_usage(certificate) & key_usage))
            return &access->certificates[i];
    }
    return NULL;
}

void hufu_access_remember(struct hufu_page *page, const struct hufu_card_certificate *used)
{
    struct hufu_bytes der = hufu_certificate_der(used->certificate);
    hufu_buf_clear(&page->certificate);
    hufu_buf_add(&page->certificate, der.data, der.len);
}
