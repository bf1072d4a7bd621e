/* What hufud's monitor may start (base/monitor.h); main.c has the table. */
#ifndef HUFU_SERVICE_PROGRAMS_H
#define HUFU_SERVICE_PROGRAMS_H

#include "base/monitor.h"

enum hufu_program {
    HUFU_PROGRAM_WORKER,
    HUFU_PROGRAM_PINENTRY,
    HUFU_PROGRAM_WATCH,
    HUFU_PROGRAM_WATCH_AGAIN, /* after one that has ended */
    HUFU_PROGRAM_CARD,
};

#endif
