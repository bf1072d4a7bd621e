/* The entries of the menu: what each says, and what a click on it does. */
#ifndef HUFU_TRAY_ENTRIES_H
#define HUFU_TRAY_ENTRIES_H

#include "tray/tray.h"

/* Their numbers on the bus are 0, which holds the others, to HUFU_ENTRIES - 1. */
enum { HUFU_ENTRY_ROOT = 0, HUFU_ENTRIES = 13 };

/* Appends a dictionary (a{sv}) of those properties that `names` has, or of all when it is NULL or
 * empty. Negative errno values, as sd-bus has them. */
int hufu_entry_add_properties(const struct hufu_tray *tray, int entry, char **names,
                              sd_bus_message *message);

/* Appends the value of one property (v); 0 when the entry has none of that name. */
int hufu_entry_add_property(const struct hufu_tray *tray, int entry, const char *name,
                            sd_bus_message *message);

bool hufu_entry_is_below(int entry, int parent);

/* Does nothing for an entry that cannot be clicked now. */
void hufu_entry_click(struct hufu_tray *tray, int entry);

#endif
