/* The language that a person chose in the menu, kept in ~/.config/hufu/tray.ini. */
#ifndef HUFU_TRAY_CHOICE_H
#define HUFU_TRAY_CHOICE_H

#include "error/error.h"

enum hufu_tray_choice {
    HUFU_CHOICE_SYSTEM, /* that of the environment */
    HUFU_CHOICE_ZH_TW,
    HUFU_CHOICE_EN,
    HUFU_CHOICES
};

/* HUFU_CHOICE_SYSTEM where nothing, or nothing that can be read, is kept; the latter is logged. */
enum hufu_tray_choice hufu_choice_read(void);

/* Replaces the file in one step; 0 or an errno value. */
int hufu_choice_write(enum hufu_tray_choice choice);

enum hufu_language hufu_choice_language(enum hufu_tray_choice choice);

#endif
