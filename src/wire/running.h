/* What a running hufud says of itself in ~/.local/state/hufu, for the commands beside it and for
 * the next hufud: which process it is, the ports that it listens on, and the programs that refused
 * its certificate or could not connect. Reading never fails: what is not there, too long or not of
 * the form counts for nothing. */
#ifndef HUFU_WIRE_RUNNING_H
#define HUFU_WIRE_RUNNING_H

#include "base/process.h"
#include "wire/origin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* The hufud that wrote itself down last, where it still runs: a process of this user with its name,
 * its number and the time of its start. */
bool hufu_running_read(struct hufu_process *ret_process);

/* This process; 0 or an errno value. */
int hufu_running_write(void);

/* Takes this process away, with its ports, unless another one wrote itself down in the meantime. */
void hufu_running_remove(void);

/* Three ports for each of the products that a component map can have. */
#define HUFU_PORTS_MAX 192

/* Whether a file of this name there is one that hufud writes of itself. */
bool hufu_running_is_of_hufud(const char *name);

struct hufu_ports {
    size_t count;
    uint16_t items[HUFU_PORTS_MAX]; /* in the order of the component map */
};

void hufu_ports_read(struct hufu_ports *ret_ports);

/* Replaces the file in one step; 0 or an errno value. */
int hufu_ports_write(const struct hufu_ports *ports);
void hufu_ports_remove(void);

/* Browsers that run at the same time; each refuses with one process of its own. */
#define HUFU_REFUSED_MAX         8
#define HUFU_REFUSED_SHA256_SIZE 65 /* hex and its NUL */

/* A browser keeps its verdict on a certificate as long as it runs. */
struct hufu_refusal {
    pid_t pid;
    uint64_t started;                      /* struct hufu_process: with the number, one process */
    char sha256[HUFU_REFUSED_SHA256_SIZE]; /* of the refused certificate, lower-case hex */
};

struct hufu_refusals {
    size_t count;
    struct hufu_refusal items[HUFU_REFUSED_MAX]; /* oldest first */
};

void hufu_refusals_read(struct hufu_refusals *ret_refusals);
int hufu_refusals_write(const struct hufu_refusals *refusals); /* as hufu_ports_write */

/* Each says whether that changed anything. The oldest makes room for one too many; taking a process
 * away takes all that it refused. */
bool hufu_refusals_add(struct hufu_refusals *refusals, const struct hufu_refusal *refusal);
bool hufu_refusals_drop(struct hufu_refusals *refusals, pid_t pid, uint64_t started);

/* The latest handshake that failed, for each reason that a person can do something about. */
#define HUFU_TLS_NOTES_MAX 2

struct hufu_tls_note {
    time_t when;
    int code;         /* public number of the reason */
    pid_t pid;        /* of the program; 0 when it was not found */
    uint64_t started; /* as above */
    char program[16]; /* its name, printable ASCII; "" when it was not found */
};

struct hufu_tls_notes {
    size_t count;
    struct hufu_tls_note items[HUFU_TLS_NOTES_MAX];
};

void hufu_tls_notes_read(struct hufu_tls_notes *ret_notes);

/* In the place of an earlier one with the same code, else of the oldest. As hufu_ports_write. */
int hufu_tls_notes_add(const struct hufu_tls_note *note);

/* The latest website that was turned away before it could ask for anything. */
struct hufu_turned_away {
    time_t when; /* 0: none */
    char origin[HUFU_ORIGIN_MAX + 1];
};

void hufu_turned_away_read(struct hufu_turned_away *ret_visit);
int hufu_turned_away_write(const struct hufu_turned_away *visit); /* as hufu_ports_write */

#endif
