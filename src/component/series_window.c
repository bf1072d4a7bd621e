#include "component/series_window.h"

#include "base/cleanup.h"
#include "base/clock.h"

static void drop(struct hufu_progress **progress)
{
    hufu_progress_close(HUFU_TAKE(*progress));
}

void hufu_series_window_close(struct hufu_series_window *window)
{
    drop(&window->shown);
    drop(&window->coming);
}

static enum hufu_progress_state look(struct hufu_progress *progress)
{
    return progress ? hufu_progress_look(progress) : HUFU_PROGRESS_COMING;
}

/* The new window takes the place of the old one. */
static void settle(struct hufu_series_window *window)
{
    enum hufu_progress_state coming = look(window->coming);
    window->useless = window->useless || coming == HUFU_PROGRESS_GONE ||
                      look(window->shown) == HUFU_PROGRESS_GONE;
    if (coming == HUFU_PROGRESS_SHOWN) {
        drop(&window->shown);
        window->shown = HUFU_TAKE(window->coming);
    }
    if (window->useless)
        hufu_series_window_close(window);
}

static void open_next(struct hufu_series_window *window, size_t documents)
{
    const struct hufu_progress_request request = {.monitor = window->monitor,
                                                  .origin = window->origin,
                                                  .until = window->until,
                                                  .documents = documents,
                                                  .language = window->language};
    window->coming = hufu_progress_open(&request);
    window->useless = !window->coming;
    window->told = documents;
    window->told_ms = hufu_clock_ms();
}

int hufu_series_window_wait(const struct hufu_series_window *window, int64_t ready_ms,
                            size_t documents)
{
    if (window->useless || window->coming || documents == window->told)
        return -1;
    int64_t due_ms = window->told ? window->told_ms + HUFU_SERIES_WINDOW_EVERY_MS
                                  : ready_ms + HUFU_SERIES_WINDOW_AFTER_MS;
    int64_t left_ms = due_ms - hufu_clock_ms();
    return left_ms > 0 ? (int)left_ms : 0;
}

bool hufu_series_window_look(struct hufu_series_window *window, int64_t ready_ms, size_t documents)
{
    if (look(window->shown) == HUFU_PROGRESS_STOPPED ||
        look(window->coming) == HUFU_PROGRESS_STOPPED)
        return false;
    settle(window);
    if (hufu_series_window_wait(window, ready_ms, documents) == 0)
        open_next(window, documents);
    return true;
}

size_t hufu_series_window_sockets(const struct hufu_series_window *window,
                                  int ret_sockets[HUFU_SERIES_SOCKETS])
{
    size_t count = 0;
    if (window->shown)
        ret_sockets[count++] = hufu_progress_socket(window->shown);
    if (window->coming)
        ret_sockets[count++] = hufu_progress_socket(window->coming);
    return count;
}
