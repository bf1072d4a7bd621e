/* Readers and the cards in them, through PKCS#11. Only this folder knows p11-kit; modules, cards
 * and what they answer are hostile input. */
#ifndef HUFU_CARD_CARD_H
#define HUFU_CARD_CARD_H

#include "base/buf.h"
#include "base/secret.h"
#include "crypto/certificate.h"
#include "error/error.h"

#include <stdbool.h>

/* More readers than anybody connects; a bound for a module that lies. */
#define HUFU_READERS_MAX 32

/* PKCS#11 modules of one configuration: a few vendors' and OpenSC's. */
#define HUFU_MODULES_MAX 16

/* Citizens' cards hold four certificates; the bound leaves room for soft tokens with archives. */
#define HUFU_CERTIFICATES_MAX 2048

/* A CKA_ID; citizens' cards use "SIGN" and "KEYX". */
#define HUFU_KEY_ID_MAX 64

struct hufu_cards;

/* Reads the modules' files for this process, which takes most of the time of hufu_cards_open, and
 * runs nothing of theirs but what loading runs. A module that is initialised keeps its hands on the
 * card, and pcscd awake: gpg, which wants the card for itself, would never get it. */
void hufu_cards_preload(void);

/* Loads and initialises every module that p11-kit is configured with. HUFU_E_NO_DRIVER when none
 * could be. Takes tens of milliseconds. */
enum hufu_status hufu_cards_open(struct hufu_cards **ret_cards, struct hufu_error *err);
void hufu_cards_close(struct hufu_cards *cards);

/* One reader (PKCS#11: slot). Texts are UTF-8 without the padding of PKCS#11. */
struct hufu_reader {
    char name[65];
    bool card_present;
    bool card_known; /* an initialised token: a PKCS#11 module understands the card */
    bool pin_locked;
    bool pin_final_try;
    bool pin_count_low;
    bool pin_set;
    bool pin_pad; /* the reader takes the PIN itself */
    size_t pin_min, pin_max;
    char card_manufacturer[33];
    char card_label[33];
    char card_serial[17];
};

/* Asks all modules anew: cards and readers come and go. The number of readers. */
enum hufu_status hufu_cards_count(struct hufu_cards *cards, size_t *ret_count,
                                  struct hufu_error *err);

/* The reader at `index` of the latest count. HUFU_E_NO_READER beyond it. */
enum hufu_status hufu_cards_reader(struct hufu_cards *cards, size_t index,
                                   struct hufu_reader *ret_reader, struct hufu_error *err);

/* What a call that failed with `status` really met, as pcscd knows it: a card that was pulled
 * though the module says that a function failed, one that another program keeps for itself though
 * it says that there is none, a pcscd that is not there. `status` itself where pcscd knows no
 * better. For a card that failed it waits up to a second until pcscd has noticed too. */
enum hufu_status hufu_cards_cause(struct hufu_cards *cards, enum hufu_status status);

/* Whether the modules may be of no more use to this process: a card failed, or pcscd sees a card or
 * a reader that no module sees. Until the next count. */
bool hufu_cards_are_doubtful(const struct hufu_cards *cards);

/* --- one card --- */

struct hufu_token;

/* A session on the card in the reader at `index`, of which hufu_cards_reader just said `reader`:
 * the one of an earlier call when the card stayed in its reader, else a new one. `cards` keeps it;
 * release it before the next call is answered. HUFU_E_NO_CARD, HUFU_E_UNKNOWN_CARD. */
enum hufu_status hufu_token_open(struct hufu_cards *cards, size_t index,
                                 const struct hufu_reader *reader, struct hufu_token **ret_token,
                                 struct hufu_error *err);

/* Logs out: no PIN stays good for the next call. A login that is held stays. */
void hufu_token_release(struct hufu_token *token);

/* Keeps this call's login, and the PIN that the token borrows, for the calls that follow: until
 * hufu_token_let_go, or until another login or another card takes its place. */
void hufu_token_hold(struct hufu_token *token);

/* The token whose login is held; NULL when there is none. `cards` may be NULL. */
struct hufu_token *hufu_token_held(const struct hufu_cards *cards);

/* Logs out. `token` may be NULL. */
void hufu_token_let_go(struct hufu_token *token);

struct hufu_card_certificate {
    struct hufu_certificate *certificate;
    size_t key_id_len;
    uint8_t key_id[HUFU_KEY_ID_MAX];
};

/* All certificates in the order of the card; what cannot be parsed is left out. They are read anew
 * only where the card has others than in the call before, as after a renewal (which is looked at
 * every two seconds where there are more than a card holds); borrowed until the token is opened
 * again. */
enum hufu_status hufu_token_certificates(struct hufu_token *token,
                                         const struct hufu_card_certificate **ret_list,
                                         size_t *ret_count, struct hufu_error *err);

/* Asks the card anew, about its PIN above all: other programs use it as well. HUFU_E_REMOVED when
 * it is another card by now. */
enum hufu_status hufu_token_look(struct hufu_token *token, struct hufu_reader *ret_reader,
                                 struct hufu_error *err);

/* Whether the session, and the card with it, is still there, as far as the module has noticed. */
enum hufu_status hufu_token_check_session(struct hufu_token *token, struct hufu_error *err);

/* Whether it could be the PIN of this card, by its length: HUFU_E_PIN_LENGTH. */
enum hufu_status hufu_token_check_pin(const struct hufu_token *token, const struct hufu_secret *pin,
                                      struct hufu_error *err);

/* One try with this PIN, which the token borrows until it is released (keys that ask for the PIN at
 * each use need it again). NULL for a reader with its own PIN pad. The card is not asked when it
 * is locked already, or when the PIN cannot be right by its length. */
enum hufu_status hufu_token_login(struct hufu_token *token, const struct hufu_secret *pin,
                                  struct hufu_error *err);

/* A hufu_raw_sign (crypto/signer.h) with the private key of `key_id`; after login only. */
struct hufu_token_key {
    struct hufu_token *token;
    const struct hufu_card_certificate *of;
};
enum hufu_status hufu_token_sign(void *token_key, struct hufu_bytes input,
                                 struct hufu_buf *ret_signature, struct hufu_error *err);

/* A hufu_raw_decrypt (crypto/envelope.h) with the private key of `key_id`; after login only. What
 * the module says of a cipher is HUFU_E_DECRYPT in every case: modules differ, and who sent it
 * learns nothing of its padding. */
enum hufu_status hufu_token_decrypt(void *token_key, struct hufu_bytes cipher,
                                    struct hufu_buf *ret_data, struct hufu_error *err);

#endif
