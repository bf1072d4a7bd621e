/* What the steps of the table do (setup.h); each group has a file of its own. */
#ifndef HUFU_SETUP_STEPS_H
#define HUFU_SETUP_STEPS_H

#include "setup/setup.h"

/* What hufu wrote down: decisions, the use log and the like. Only to be taken back. */
hufu_setup_action hufu_memory_look, hufu_memory_undo;

/* That hufud is started at login, or for the first page. */
hufu_setup_action hufu_login_look, hufu_login_make, hufu_login_undo;

/* That the tray is. */
hufu_setup_action hufu_tray_look, hufu_tray_make, hufu_tray_undo;

/* That the browsers trust it; browsers.c. */
hufu_setup_action hufu_browsers_look, hufu_browsers_make, hufu_browsers_undo;

/* That hufud runs now. */
hufu_setup_action hufu_service_look, hufu_service_make, hufu_service_undo;

/* The policies of browsers, for everybody. */
hufu_setup_action hufu_policies_look, hufu_policies_make, hufu_policies_undo;

/* One of the states that stop a step; `cause` may be NULL. */
void hufu_setup_end(struct hufu_setup_result *result, enum hufu_setup_state state,
                    enum hufu_setup_note note, const char *cause);

/* Removes the folder, and those above it within the home, as long as they are empty. */
void hufu_setup_remove_empty(const char *folder);

#endif
