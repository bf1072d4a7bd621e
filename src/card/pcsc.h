/* Readers as pcscd itself tells of them. No PKCS#11 module takes part, so this says whether it is
 * pcscd, the reader, the card or a module that is missing. Reader names come from devices: hostile
 * bytes, made printable here. */
#ifndef HUFU_CARD_PCSC_H
#define HUFU_CARD_PCSC_H

#include "base/process.h"
#include "error/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* libpcsclite watches 16 at once, and one of those is the place where new ones are announced. */
#define HUFU_PCSC_READERS_MAX 15

/* Of libpcsclite: MAX_READERNAME and MAX_ATR_SIZE. */
#define HUFU_PCSC_NAME_SIZE 129
#define HUFU_PCSC_ATR_MAX   33

/* pcscd answers in a millisecond; one that has just been started looks at its readers first. */
#define HUFU_PCSC_DEADLINE_MS 2000

enum hufu_pcsc_service {
    HUFU_PCSC_RUNNING,
    HUFU_PCSC_MISSING, /* nobody listens, as it is not installed */
    HUFU_PCSC_ABSENT,  /* nobody listens: it was not started, or has ended */
    HUFU_PCSC_REFUSED, /* polkit or the mode of the socket keeps this user out */
    HUFU_PCSC_VERSION, /* it speaks another version of the protocol than libpcsclite */
    HUFU_PCSC_SILENT,  /* it does not answer */
    HUFU_PCSC_OTHER,   /* it answers with another error */
    HUFU_PCSC_SERVICE_COUNT
};

/* "running", "missing", "absent", "refused", "version", "silent", "other". */
const char *hufu_pcsc_service_name(enum hufu_pcsc_service service);

/* HUFU_OK while it runs, else what to tell a person. */
enum hufu_status hufu_pcsc_service_status(enum hufu_pcsc_service service);

struct hufu_pcsc_reader {
    char name[HUFU_PCSC_NAME_SIZE]; /* printable UTF-8, as far as the reader's own is */
    bool unavailable;               /* the reader does not answer: a suspended or broken one */
    bool card_present;
    bool mute;      /* the card does not answer: the wrong way round, or broken */
    bool exclusive; /* another program has the card for itself alone */
    size_t atr_len; /* 0 without a card, and for a mute one */
    uint8_t atr[HUFU_PCSC_ATR_MAX];
};

struct hufu_pcsc_state {
    enum hufu_pcsc_service service;
    long code;                 /* of SCardEstablishContext when it failed, for a log; 0 otherwise */
    struct hufu_process taker; /* who can be named for `exclusive`; pid 0: nobody */
    size_t count;              /* 0 unless the service is running */
    struct hufu_pcsc_reader readers[HUFU_PCSC_READERS_MAX];
};

bool hufu_pcsc_state_equal(const struct hufu_pcsc_state *one, const struct hufu_pcsc_state *other);

/* A connection to pcscd that comes up again by itself. It starts a pcscd that waits for its first
 * client, and keeps one awake that would end when it has none. */
struct hufu_pcsc;

/* Connects nowhere yet. With a deadline each new connection is tried in a child first, so that a
 * pcscd that hangs is told from one that works; 0 where the caller may not fork or has a deadline
 * of its own. NULL when out of memory. */
struct hufu_pcsc *hufu_pcsc_new(int deadline_ms);
void hufu_pcsc_free(struct hufu_pcsc *pcsc);

/* What there is now. Takes a few milliseconds; with a mute card half a second. */
void hufu_pcsc_look(struct hufu_pcsc *pcsc, struct hufu_pcsc_state *ret_state);

/* Returns when something may have changed since the latest look: a reader, a card, or pcscd itself.
 * It sleeps, for as long as that takes; only where pcscd is there and of no use it returns every
 * HUFU_PCSC_AGAIN_MS, as nothing tells when that ends. pcscd does not announce that an unused card
 * was taken exclusively, only that it is free again. */
#define HUFU_PCSC_AGAIN_MS 5000
void hufu_pcsc_wait(struct hufu_pcsc *pcsc);

/* A running program of this user that is known to take cards, or whole readers, for itself: gpg's
 * scdaemon. With its own USB driver it hides the reader from pcscd. */
bool hufu_pcsc_taker(struct hufu_process *ret_process);

#endif
