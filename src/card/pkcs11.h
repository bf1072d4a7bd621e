/* What cards.c, token.c and ckr.c share. No other folder may include this or p11-kit. */
#ifndef HUFU_CARD_PKCS11_H
#define HUFU_CARD_PKCS11_H

#include "card/card.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

struct hufu_slot {
    CK_FUNCTION_LIST *module;
    CK_SLOT_ID id;
};

struct hufu_cards {
    CK_FUNCTION_LIST **loaded; /* of p11-kit, ended by NULL */
    size_t module_count;
    CK_FUNCTION_LIST *modules[HUFU_MODULES_MAX]; /* those that could be initialised */
    size_t slot_count;
    struct hufu_slot slots[HUFU_READERS_MAX];
    struct hufu_token *token; /* of the latest call; NULL before the first */
};

/* C_Initialize, as a program with one thread. */
CK_RV hufu_module_initialise(CK_FUNCTION_LIST *module);

/* Closes the session and forgets what was read from the card. */
void hufu_token_free(struct hufu_token *token);

/* What is in the slot now. HUFU_E_NO_READER and other failures of the module. */
enum hufu_status hufu_slot_look(const struct hufu_slot *slot, struct hufu_reader *ret_reader,
                                struct hufu_error *err);

/* The one translation of CKR codes. `call` names the function that gave it, for the log. */
enum hufu_status hufu_fail_ckr(struct hufu_error *err, CK_RV code, const char *call);

/* HUFU_TRY for a PKCS#11 call. */
#define HUFU_TRY_CKR(call, err)                                                                    \
    do {                                                                                           \
        CK_RV code_ = (call);                                                                      \
        if (code_ != CKR_OK)                                                                       \
            return hufu_fail_ckr((err), code_, #call);                                             \
    } while (0)

#endif
