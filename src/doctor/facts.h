/* What the checks judge by: one structure for each part that is looked at on its own, of fixed size
 * and without pointers, as each comes out of a child. All zero is what is known before looking;
 * `looked` is the last thing that is set. Judging only reads, so that tests make states up. */
#ifndef HUFU_DOCTOR_FACTS_H
#define HUFU_DOCTOR_FACTS_H

#include "base/process.h"
#include "card/pcsc.h"
#include "doctor/doctor.h"
#include "error/error.h"
#include "trust/answer.h"
#include "trust/server.h"
#include "wire/origin.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    HUFU_PROGRAMS = 2,        /* hufud, hufu-worker */
    HUFU_FOLDERS = 3,         /* configuration, data, state */
    HUFU_DOCTOR_PORTS = 192,  /* as many as hufud can have (wire/running.h) */
    HUFU_DOCTOR_STORES = 64,  /* that are told apart; the others count */
    HUFU_DOCTOR_DRIVERS = 16, /* as many as a worker loads */
    HUFU_DOCTOR_TEXT = 160,
};

/* --- program.c --- */

struct hufu_program_facts {
    bool looked;
    struct {
        char path[PATH_MAX];
        bool there, runs;
        char version[32]; /* "" when it was not asked, or did not say */
        time_t installed;
    } programs[HUFU_PROGRAMS];
    struct {
        char path[PATH_MAX]; /* of the folder, or of the first one above it that is there */
        bool is_folder, is_ours, can_write, read_only, full;
    } folders[HUFU_FOLDERS];
    bool has_home;
    char home[PATH_MAX];
    char user[64];
    mode_t umask;
    char window[PATH_MAX]; /* the program of the PIN window */
    bool window_runs, window_named;
};

struct hufu_clock_facts {
    bool looked;
    time_t now;
    time_t newest; /* of files that were written here */
    char newest_path[PATH_MAX];
};

/* --- settings.c --- */

struct hufu_settings_facts {
    bool looked;
    char settings[2][HUFU_FINDING_VALUE_SIZE]; /* where the first mistake is; "" for none */
    char sites[HUFU_ERROR_DETAIL_MAX];         /* the same for what says which sites are allowed */
    char answers[PATH_MAX];                    /* sites.ini, when others could write or read it */
    bool units, enabled;
    char starts[PATH_MAX]; /* by which file */
};

/* --- network.c, service.c --- */

enum hufu_reach { HUFU_REACHED, HUFU_NO_ADDRESS, HUFU_NO_INTERFACE, HUFU_REFUSED, HUFU_DROPPED };

struct hufu_loopback_facts {
    bool looked;
    enum hufu_reach own[2]; /* 127.0.0.1 and ::1 */
};

struct hufu_proxy_facts {
    bool looked;
    char set[32];  /* the variable that sets one */
    char list[32]; /* the variable that takes localhost off the exceptions */
    char policy[PATH_MAX];
    char firefox[PATH_MAX]; /* prefs.js */
};

struct hufu_port_facts {
    uint16_t port;
    uint16_t product; /* number of */
    bool held, by_hufu, is_ours;
    enum hufu_reach reach;       /* when it is hufu's */
    struct hufu_process process; /* pid 0 when it cannot be seen */
    char user[64];
};

struct hufu_service_facts {
    bool looked;
    char products[HUFU_DOCTOR_PORTS / 3][HUFU_DOCTOR_TEXT / 2];
    size_t port_count;
    struct hufu_port_facts ports[HUFU_DOCTOR_PORTS]; /* three for each product, in their order */
    bool runs;                                       /* a process of this user with that name */
    struct hufu_process process;
    bool held_for_it; /* by systemd: socket activation */
    size_t told;      /* ports that hufud says it has */
    uint16_t asked;   /* the port that was tried; 0: none */
    bool answered;
    bool ours; /* with a certificate of hufu's */
};

/* --- trust.c --- */

struct hufu_trust_facts {
    bool looked;
    enum hufu_status failed; /* why nothing could be looked at; HUFU_OK */
    bool has_leaf, has_key, key_open;
    time_t not_after;
    char key[PATH_MAX];
    enum hufu_server_state server;
    size_t count;
    struct {
        char browser[32], package[16], path[PATH_MAX];
        struct hufu_trust_answer answer;
    } stores[HUFU_DOCTOR_STORES];
};

/* --- visits.c --- */

struct hufu_visit_facts {
    bool looked;
    time_t now;
    struct {
        time_t when; /* 0: none */
        int code;
        pid_t pid;
        char program[32];
        bool runs;
    } old, untrusted;
    struct {
        char origin[HUFU_ORIGIN_MAX + 1]; /* "": none */
        char time[32];
        bool decided;
    } refused;
};

/* --- permission.c --- */

enum hufu_permission_kind {
    HUFU_PERMISSION_FINE,
    HUFU_PERMISSION_ASKS,
    HUFU_PERMISSION_CHROMIUM,
    HUFU_PERMISSION_FIREFOX,
    HUFU_PERMISSION_DEFAULT,
    HUFU_PERMISSION_POLICY,
};

/* The worst that was found. */
struct hufu_permission_facts {
    bool looked;
    enum hufu_permission_kind kind;
    char browser[32];
    char origin[HUFU_ORIGIN_MAX + 1];
    char path[PATH_MAX]; /* of a policy */
};

/* --- reader.c, driver.c --- */

struct hufu_reader_facts {
    bool looked;
    unsigned usb; /* readers that the kernel sees */
    struct hufu_pcsc_state pcsc;
    struct hufu_process taker; /* that runs; pid 0: none */
};

enum hufu_driver_stage {
    HUFU_DRIVER_UNTRIED,
    HUFU_DRIVER_LOADING,
    HUFU_DRIVER_USING,
    HUFU_DRIVER_DONE,
    HUFU_DRIVER_STAGE_COUNT
};

/* One PKCS#11 module and what it says. It is written by a process in which that module runs, so
 * each byte can be anything: hufu_driver_tame comes first. */
struct hufu_driver_facts {
    char path[PATH_MAX];   /* of the module */
    char config[PATH_MAX]; /* that names it */
    bool missing, guarded;
    enum hufu_driver_stage stage;
    enum hufu_status failed;
    char reason[HUFU_ERROR_DETAIL_MAX];
    unsigned readers, cards;
    bool unknown_card;
    bool pin_locked, pin_final, pin_low, pin_set;
    unsigned pin_wrong;
    unsigned certificates;        /* personal ones */
    time_t not_before, not_after; /* of the one that is good for longest */
    /* of the process, by whoever ended it */
    int signal;
    bool in_time;
    int took_ms;
};

struct hufu_facts {
    struct hufu_program_facts program;
    struct hufu_clock_facts clock;
    struct hufu_settings_facts settings;
    struct hufu_loopback_facts loopback;
    struct hufu_proxy_facts proxy;
    struct hufu_service_facts service;
    struct hufu_trust_facts trust;
    struct hufu_visit_facts visits;
    struct hufu_permission_facts permission;
    struct hufu_reader_facts readers;
    size_t driver_count;
    struct hufu_driver_facts drivers[HUFU_DOCTOR_DRIVERS];
};

/* --- looking: each runs in a child of its own and fills its part, which is all zero but for what a
 * comment says --- */

typedef void hufu_look(void *facts);

hufu_look hufu_look_program, hufu_look_clock, hufu_look_settings, hufu_look_loopback,
    hufu_look_proxy, hufu_look_service, hufu_look_trust, hufu_look_visits, hufu_look_permission,
    hufu_look_readers;
hufu_look hufu_look_driver; /* `path`, `config`, `missing` are set */

/* In this process: which drivers there are to look at. */
void hufu_drivers_list(struct hufu_facts *facts);
void hufu_driver_tame(struct hufu_driver_facts *driver);

/* --- judging --- */

typedef void hufu_judge(const struct hufu_facts *facts, struct hufu_finding *ret_finding);

#define HUFU_CHECK(symbol, id, title_en, title_zh, judge, needs) hufu_judge judge;
#include "doctor/checks.def"
#undef HUFU_CHECK

/* Every check, those that cannot be looked at included, and what comes first. */
void hufu_doctor_judge(const struct hufu_facts *facts, struct hufu_diagnosis *ret_diagnosis);

void hufu_found(struct hufu_finding *finding, enum hufu_finding_kind kind);
void hufu_found_value(struct hufu_finding *finding, const char *name, const char *text);
void hufu_found_number(struct hufu_finding *finding, const char *name, long number);
void hufu_found_day(struct hufu_finding *finding, const char *name, time_t when);
void hufu_found_process(struct hufu_finding *finding, const struct hufu_process *process);

#endif
