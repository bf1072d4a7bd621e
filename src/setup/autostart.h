/* Programs that the desktop starts at login, by the Desktop Application Autostart Specification. */
#ifndef HUFU_SETUP_AUTOSTART_H
#define HUFU_SETUP_AUTOSTART_H

#include "setup/setup.h"

struct hufu_autostart {
    bool for_all; /* the system has the entry */
    bool own;     /* the user's folder has one that hufu_autostart_write wrote ... */
    bool hidden;  /* ... which keeps it off */
    bool strange; /* the user's folder has one that somebody else wrote */
};

/* `name` is a file of data_folder/autostart. */
void hufu_autostart_look(const char *name, struct hufu_autostart *ret_autostart);

/* Writes the user's entry, from that file; `hidden` keeps the system's off. A FAILED result, also
 * where there is no such file. */
void hufu_autostart_write(const char *data_folder, const char *name, bool hidden,
                          struct hufu_setup_result *result);

/* Takes the user's entry away, with the folders that are empty then. */
void hufu_autostart_remove(const char *name, struct hufu_setup_result *result);

#endif
