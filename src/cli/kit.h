/* hufu kit: a hufud of a web developer's own, with made-up cards, in a folder that only this user
 * can enter. data/kit/up makes what is in it, and data/kit/down removes that. */
#ifndef HUFU_CLI_KIT_H
#define HUFU_CLI_KIT_H

#include "error/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* More websites than one developer tries at a time, and all fit the settings. */
enum { HUFU_KIT_ORIGINS_MAX = 16 };

struct hufu_kit_order {
    const char *cards; /* names with spaces between them */
    const char *pin;
    const char *fault;
    const char *pinentry; /* NULL: the one of hufu */
    const char *port;     /* NULL: free ones */
    const char *folder;   /* NULL: one of its own below /tmp */
    const char *data;
    const char *origins[HUFU_KIT_ORIGINS_MAX];
    size_t origin_count;
    bool default_ports;
    bool json;
};

struct hufu_kit {
    char folder[PATH_MAX]; /* absolute */
    bool made;             /* by this process, which removes it */
    pid_t hufud;
};

/* --- where a kit is (kit_place.c) --- */

/* Makes the folder, with mode 0700, and writes this process down in it. What is there already is
 * taken when it is empty, or a kit whose process was killed; that one is ended first. */
enum hufu_status hufu_kit_make(const struct hufu_kit_order *order, struct hufu_kit *ret_kit,
                               struct hufu_error *err);

/* Ends the kits of this user below /tmp whose process was killed, and calls `removed` with the
 * folder of each. */
void hufu_kit_sweep(const char *data, void (*removed)(const char *folder));

/* The folder of the kit that runs; false when there is none, or more than one. */
bool hufu_kit_find(char ret_folder[PATH_MAX]);

bool hufu_kit_runs(const char *folder);

/* --- its processes (kit_run.c) --- */

/* Whether a program or a library is missing that it needs; its name, or NULL. */
const char *hufu_kit_missing(void);

/* From now on signals wait until hufu_kit_wait, and hufud is a child of this process. */
void hufu_kit_prepare(void);

enum hufu_kit_end {
    HUFU_KIT_STOPPED, /* by a signal */
    HUFU_KIT_READY,
    HUFU_KIT_WRONG,  /* data/kit/up did not understand the order */
    HUFU_KIT_FAILED, /* data/kit/up, which said why, or hufud ended */
};

enum hufu_kit_end hufu_kit_start(const struct hufu_kit_order *order, struct hufu_kit *kit);

/* Returns when a signal ends it, or when hufud ended by itself. */
enum hufu_kit_end hufu_kit_wait(const struct hufu_kit *kit);

/* Ends what runs in `folder` and removes it. */
bool hufu_kit_remove(const char *folder, const char *data);

/* --- what is said (kit_print.c) --- */

/* Reads what was made; from now on this process lives in the home of the kit. */
enum hufu_status hufu_kit_print(const struct hufu_kit *kit, const struct hufu_kit_order *order,
                                struct hufu_error *err);

/* hufu kit fault [WORD [FOLDER]] (kit_fault.c); argv[0] is "fault". */
int hufu_cli_kit_fault(int argc, char **argv);
bool hufu_kit_fault_known(const char *word);

#endif
