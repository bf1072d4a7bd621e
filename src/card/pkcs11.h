/* What cards.c, token.c, objects.c, cause.c and ckr.c share. No other folder may include this or
 * p11-kit. */
#ifndef HUFU_CARD_PKCS11_H
#define HUFU_CARD_PKCS11_H

#include "card/card.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

struct hufu_slot {
    CK_FUNCTION_LIST *module;
    CK_SLOT_ID id;
    bool pcscd; /* a reader of pcscd, as far as is known */
};

struct hufu_cards {
    CK_FUNCTION_LIST **loaded; /* of p11-kit, ended by NULL */
    size_t module_count;
    CK_FUNCTION_LIST *modules[HUFU_MODULES_MAX]; /* those that could be initialised */
    bool use_pcscd[HUFU_MODULES_MAX];            /* which of them find their cards through it */
    size_t slot_count;
    struct hufu_slot slots[HUFU_READERS_MAX];
    struct hufu_token *token; /* of the latest call; NULL before the first */
    bool doubtful;            /* pcscd sees what no module sees */
    size_t asked_count;       /* readers that were looked at since the latest count, */
    struct hufu_reader asked; /* and the latest of them */
};

/* The private key that was used last, until other certificates are read. */
struct hufu_key {
    bool known;
    bool found; /* since the latest login */
    CK_OBJECT_HANDLE handle;
    bool ec;
    bool asks_at_each_use;
    size_t id_len;
    uint8_t id[HUFU_KEY_ID_MAX];
};

/* Serial numbers have at most 20 bytes (RFC 5280), and two of DER. */
#define HUFU_MARK_SERIAL 32

/* What tells a certificate from the one that takes its place: its issuer gives a serial number
 * once. */
struct hufu_mark {
    CK_OBJECT_HANDLE object;
    CK_ULONG len;
    CK_BYTE serial[HUFU_MARK_SERIAL];
};

struct hufu_token {
    struct hufu_slot slot;
    CK_FUNCTION_LIST *module;
    CK_SESSION_HANDLE session;
    struct hufu_reader reader;
    bool logged_in;
    bool held; /* for later calls */
    struct hufu_key key;
    const struct hufu_secret *pin;
    struct hufu_card_certificate *certificates; /* NULL until they were read */
    size_t certificate_count;
    struct hufu_mark *marks; /* one for each of them */
    bool whole;              /* none is missing that the module has */
    bool current;            /* looked at in this call */
    int64_t read_ms;         /* when they were compared with the card, by hufu_clock_ms */
};

/* C_Initialize, as a program with one thread. */
CK_RV hufu_module_initialise(CK_FUNCTION_LIST *module);

/* Closes the session and forgets what was read from the card. */
void hufu_token_free(struct hufu_token *token);

/* Forgets the certificates. */
void hufu_token_forget(struct hufu_token *token);

/* Finds at most `max` objects; a module that never says "no more" is stopped there. */
enum hufu_status hufu_token_find(struct hufu_token *token, CK_ATTRIBUTE *template, CK_ULONG count,
                                 CK_OBJECT_HANDLE *ret_objects, size_t max, size_t *ret_count,
                                 struct hufu_error *err);

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
