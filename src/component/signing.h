/* Everything up to a card that is ready to sign, for every kind of signature. */
#ifndef HUFU_COMPONENT_SIGNING_H
#define HUFU_COMPONENT_SIGNING_H

#include "component/access.h"
#include "crypto/signer.h"

/* Told who will sign, before anybody is asked for a PIN: it may refuse, and finish `content`. */
typedef enum hufu_status hufu_signing_prepare(void *context,
                                              const struct hufu_certificate *certificate,
                                              struct hufu_error *err);

/* What a signature is for. All borrowed. */
struct hufu_signing_order {
    const char *page_pin; /* "" when the page passed none; not looked at in a series */
    const struct hufu_content *content; /* what the window shows; no window opens in a series */
    bool check_validity;                /* refuses a certificate that is not valid today */
    bool in_series;                     /* with the login of the page's series: see series.h */
    hufu_signing_prepare *prepare;      /* or NULL */
    void *context;                      /* of prepare */
};

/* Start with `= {0}`, leave it where it is, release with hufu_signing_done, which logs out; the
 * login of a series stays. `signer.err` is the `err` of hufu_signing_open. */
struct hufu_signing {
    struct hufu_access access;
    struct hufu_token_key key;
    const struct hufu_card_certificate *certificate; /* of the access */
    struct hufu_signer signer;                       /* ready to use */
};
void hufu_signing_done(struct hufu_signing *signing);

/* Chooses the card and the certificate and logs in; in a series, with the login that is there.
 * HUFU_E_NO_CERTIFICATE, HUFU_E_EXPIRED and HUFU_E_NOT_YET_VALID where that is checked, what
 * hufu_access_login says, and in a series what hufu_series_use says: HUFU_E_STATE when none is
 * open. */
enum hufu_status hufu_signing_open(struct hufu_page *page, const struct hufu_signing_order *order,
                                   struct hufu_signing *ret_signing, struct hufu_error *err);

#endif
