/* The user's own systemd, through systemctl. */
#ifndef HUFU_SETUP_SYSTEMD_H
#define HUFU_SETUP_SYSTEMD_H

#include "setup/setup.h"

/* What of hufu's units it has. */
enum hufu_units {
    HUFU_UNITS_NONE,     /* there is no such systemd, or it does not know them */
    HUFU_UNITS_DISABLED, /* by nobody's wish, or by this user's */
    HUFU_UNITS_MASKED,   /* kept off by this user */
    HUFU_UNITS_ENABLED,
};

struct hufu_systemd {
    enum hufu_units units;
    bool own; /* this user enabled them, whoever else did */
};

/* Takes some 20 ms. */
void hufu_systemd_look(struct hufu_systemd *ret_systemd);

/* Whether systemd holds the ports for hufud, or runs it. */
bool hufu_systemd_is_active(void);

/* Takes away the folders for the user's own units that are empty. */
void hufu_systemd_tidy(void);

/* Runs `systemctl --user VERB` on the units; what fails is a FAILED result with its words. */
bool hufu_systemd_do(const char *verb, struct hufu_setup_result *result);

#endif
