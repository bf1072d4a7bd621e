/* Whether the hufud of this user answers, as a page would find it. */
#ifndef HUFU_WIRE_ALIVE_H
#define HUFU_WIRE_ALIVE_H

#include "base/process.h"

#include <stdbool.h>
#include <stdint.h>

/* hufud answers in a millisecond, on a busy computer in some dozens; one that has not answered in
 * this time hangs. Two attempts, so that a single lost moment ends nobody. */
enum { HUFU_ALIVE_MS = 400, HUFU_ALIVE_ATTEMPTS = 2 };

/* How long one that hangs may take to hear that it should end, before it is ended. */
enum { HUFU_ALIVE_GRACE_MS = 100 };

/* Whether who listens on this port of 127.0.0.1 answers the beginning of a TLS handshake within
 * `wait_ms`. What it answers is not looked into beyond the first bytes: it may be anybody. */
bool hufu_port_answers(uint16_t port, int wait_ms);

enum hufu_alive {
    HUFU_ALIVE_NONE,   /* no hufud of this user runs */
    HUFU_ALIVE_STARTS, /* one runs, and has no ports: it is at its start or at its end */
    HUFU_ALIVE_SILENT, /* one has ports, and does not answer there: it hangs */
    HUFU_ALIVE_ANSWERS,
};

/* Looks for the hufud that wrote itself down (wire/running.h). `ret_process` is written unless
 * NONE. */
enum hufu_alive hufu_alive_find(struct hufu_process *ret_process);

#endif
