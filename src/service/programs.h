/* What hufud's monitor may start (base/monitor.h), and nothing else. */
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

/* As hufu_monitor_start; `pinentry` is an absolute path. The others are beside hufud. */
struct hufu_monitor *hufu_programs_start(const char *pinentry);

#endif
