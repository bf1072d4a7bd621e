/* When the window that tells how far a series has come is shown, and with which number. */
#ifndef HUFU_COMPONENT_SERIES_WINDOW_H
#define HUFU_COMPONENT_SERIES_WINDOW_H

#include "card/progress.h"
#include "wire/origin.h"

#include <stdbool.h>
#include <stdint.h>

/* A shorter series is over before anybody could read it. */
#define HUFU_SERIES_WINDOW_AFTER_MS 2000

/* Another number is another window, which comes to the front: not more often than one can bear. */
#define HUFU_SERIES_WINDOW_EVERY_MS 5000

enum { HUFU_CLOCK_BYTES = sizeof "23:59", HUFU_SERIES_SOCKETS = 2 };

/* `shown` stays until its successor `coming` is there. Start with `= {0}` and the first four;
 * release with hufu_series_window_close. */
struct hufu_series_window {
    struct hufu_monitor *monitor;
    enum hufu_language language;
    char origin[HUFU_ORIGIN_MAX + 1];
    char until[HUFU_CLOCK_BYTES];
    struct hufu_progress *shown;
    struct hufu_progress *coming;
    size_t told;     /* documents, by the latest window */
    int64_t told_ms; /* when it was started */
    bool useless;    /* there are no such windows here, or the person closed it by force */
};
void hufu_series_window_close(struct hufu_series_window *window);

/* Shows what is due of a series that has been ready to sign since `ready_ms`. false when the person
 * stopped it. */
bool hufu_series_window_look(struct hufu_series_window *window, int64_t ready_ms, size_t documents);

/* Milliseconds until something is due; -1 for nothing. */
int hufu_series_window_wait(const struct hufu_series_window *window, int64_t ready_ms,
                            size_t documents);

/* The sockets that are readable when a window has something to say. */
size_t hufu_series_window_sockets(const struct hufu_series_window *window,
                                  int ret_sockets[HUFU_SERIES_SOCKETS]);

#endif
