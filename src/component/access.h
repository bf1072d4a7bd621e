/* The steps that every component shares: which card, which of its certificates, whose PIN. */
#ifndef HUFU_COMPONENT_ACCESS_H
#define HUFU_COMPONENT_ACCESS_H

#include "card/content.h"
#include "component/component.h"
#include "error/text.h"

/* A card that a call works with. Start with `= {0}`, release with hufu_access_done, which logs
 * out, but for a series' login (series.h). */
struct hufu_access {
    struct hufu_reader reader;
    struct hufu_token *token;
    struct hufu_secret *pin;
    const struct hufu_card_certificate *certificates; /* of the token */
    size_t certificate_count;
};
void hufu_access_done(struct hufu_access *access);

/* The number of readers. Loads the modules where that has not been done. HUFU_E_NO_DRIVER. */
enum hufu_status hufu_access_count(struct hufu_page *page, size_t *ret_count,
                                   struct hufu_error *err);

/* The reader that this page works with: its own choice, or the first that holds a card.
 * HUFU_E_NO_READER, HUFU_E_NO_CARD. */
enum hufu_status hufu_access_choose(struct hufu_page *page, size_t *ret_index,
                                    struct hufu_reader *ret_reader, struct hufu_error *err);

/* Opens the page's card and reads its certificates. */
enum hufu_status hufu_access_open(struct hufu_page *page, struct hufu_access *access,
                                  struct hufu_error *err);

/* The first certificate that is not a CA's and whose keyUsage has one of the bits in `key_usage`
 * (0 for any); NULL when there is none. Borrowed. */
const struct hufu_card_certificate *hufu_access_certificate(const struct hufu_access *access,
                                                            unsigned long key_usage);

/* Makes it the certificate that the page used last. */
void hufu_access_remember(struct hufu_page *page, const struct hufu_card_certificate *used);

/* What a login is for. `page_pin` is "" when the page passed none, `content` NULL when nothing is
 * signed, or not yet; `until` is the time for a purpose whose text has a %s. */
struct hufu_login {
    const char *page_pin;
    enum hufu_text purpose;
    const char *until;
    const struct hufu_content *content;
};

/* login.c. For a card that was opened in this call. One try: with the PIN that the page passed,
 * where its site may do that and no wrong PIN was entered since the last right one; otherwise the
 * person is asked. HUFU_E_TOO_MANY_WINDOWS where that is not possible either. */
enum hufu_status hufu_access_login(struct hufu_page *page, struct hufu_access *access,
                                   const struct hufu_login *login, struct hufu_error *err);

#endif
