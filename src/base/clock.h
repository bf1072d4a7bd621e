/* Durations are measured on the monotonic clock: a corrected wall clock ends no session. */
#ifndef HUFU_BASE_CLOCK_H
#define HUFU_BASE_CLOCK_H

#include <stdint.h>

int64_t hufu_clock_ms(void);

#endif
