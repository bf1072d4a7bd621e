/* A PIV card (SP 800-73-4) in software, as far as OpenSC asks, with a test citizen's keys. */
#ifndef HUFU_TESTS_CARDS_PIV_H
#define HUFU_TESTS_CARDS_PIV_H

#include "base/buf.h"

#include <openssl/types.h>
#include <stdbool.h>

enum { PIV_PLACES = 3, PIV_TRIES = 3 };

struct piv_card {
    const char *pin; /* at most 8 characters; borrowed */
    unsigned tries;  /* left until the card locks */
    bool selected;
    bool verified;
    bool fresh;              /* no key was used since the PIN was shown */
    struct hufu_buf command; /* the parts of a chained command so far */
    struct hufu_buf answer;  /* and how much of it was fetched */
    size_t answered;
    struct {
        EVP_PKEY *private;
        struct hufu_buf certificate;
    } keys[PIV_PLACES];
};

/* Reads sign.key, sign.pem and, when there, keyx.* from the folder `citizen`; `pin_each_time` puts
 * the signing key into 9C as well. False when there is no signing key. */
bool piv_card_init(struct piv_card *card, const char *citizen, const char *pin, bool pin_each_time);
void piv_card_done(struct piv_card *card);

/* Power on or reset: the PIN must be shown again. */
void piv_card_reset(struct piv_card *card);

/* Replaces `ret_response` by what the card says to one command: data and status word. */
void piv_card_answer(struct piv_card *card, struct hufu_bytes command,
                     struct hufu_buf *ret_response);

/* True for the command that makes the card use a key. */
bool piv_command_uses_key(struct hufu_bytes command);

#endif
