/* Looks side by side, each in a child: what hangs or crashes there, such as the driver of a card,
 * costs its own answer and nothing else. */
#ifndef HUFU_DOCTOR_GATHER_H
#define HUFU_DOCTOR_GATHER_H

#include <stdbool.h>
#include <stddef.h>

struct hufu_errand {
    void (*look)(void *facts);
    void *facts; /* as the child begins with it, and then as it left it, whatever became of it */
    size_t size;
    /* after */
    bool in_time;
    int signal; /* that ended it, other than for being late; 0 */
    int took_ms;
};

/* Returns when all have ended, or been ended with what they started. */
void hufu_gather(struct hufu_errand *errands, size_t count, int deadline_ms);

#endif
