#include "card/progress.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "card/content.h"
#include "card/pin.h"
#include "error/text.h"
#include "wire/assuan.h"
#include "wire/origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What goes out before the window; pinentry answers each line, after a greeting. Without no-grab
 * the window would keep the keyboard from all other programs. */
enum { LINES = 5, ANSWERS_BEFORE_WINDOW = LINES + 1, COMMANDS_MAX = LINES * HUFU_ASSUAN_LINE_MAX };

/* The longest origin as people see it, in several lines. */
enum { ORIGIN_ROOM = 330, DESCRIPTION_MAX = 900 };

struct hufu_progress {
    struct hufu_monitor *monitor;
    pid_t pid;
    int socket;
    bool has_window;
    size_t answers;
    enum hufu_progress_state state;
    struct hufu_buf line;
};

void hufu_progress_close(struct hufu_progress *progress)
{
    if (!progress)
        return;
    hufu_monitor_kill(progress->monitor, progress->pid);
    close(progress->socket);
    hufu_buf_done(&progress->line);
    free(progress);
}

int hufu_progress_socket(const struct hufu_progress *progress)
{
    return progress->socket;
}

/* --- what the window says --- */

static void describe(const struct hufu_progress_request *request, struct hufu_buf *ret_text)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf origin = {.max = ORIGIN_ROOM};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf lines = {.max = ORIGIN_ROOM};
    char number[24];
    snprintf(number, sizeof number, "%zu", request->documents);
    hufu_origin_display(request->origin, &origin);
    hufu_content_clean(hufu_buf_bytes(&origin), ORIGIN_ROOM, &lines);
    hufu_text_add_line(ret_text, HUFU_TEXT_SERIES_COUNT, request->language, number);
    hufu_text_add_line(ret_text, HUFU_TEXT_PIN_ORIGIN, request->language, hufu_buf_text(&lines));
    hufu_text_add_line(ret_text, HUFU_TEXT_SERIES_UNTIL, request->language, request->until);
}

/* A few lines fit into the socket, whoever reads it or not. */
static bool say(const struct hufu_progress *progress, const struct hufu_buf *lines)
{
    return !lines->failed && send(progress->socket, lines->data, lines->len,
                                  MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)lines->len;
}

static bool dress(const struct hufu_progress *progress, const struct hufu_progress_request *request)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = DESCRIPTION_MAX};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf lines = {.max = COMMANDS_MAX};
    enum hufu_language language = request->language;
    describe(request, &text);
    const struct {
        const char *verb;
        const char *text;
    } rows[LINES] = {
        {"OPTION", "no-grab"},
        {"SETTITLE", hufu_text(HUFU_TEXT_WINDOW_TITLE, language)},
        {"SETDESC", hufu_buf_text(&text)},
        {"SETOK", hufu_text(HUFU_TEXT_SERIES_STOP, language)},
        {"GETINFO flavor", NULL},
    };
    for (size_t i = 0; i < LINES; i++)
        hufu_assuan_line(&lines, rows[i].verb, rows[i].text);
    return say(progress, &lines);
}

struct hufu_progress *hufu_progress_open(const struct hufu_progress_request *request)
{
    struct hufu_progress *progress = calloc(1, sizeof *progress);
    if (!progress)
        return NULL;
    progress->monitor = request->monitor;
    progress->socket = hufu_monitor_run(request->monitor, HUFU_PIN_PROGRAM, &progress->pid);
    hufu_buf_init(&progress->line, HUFU_ASSUAN_LINE_MAX);
    if (progress->socket >= 0 && dress(progress, request))
        return progress;
    if (progress->socket >= 0)
        hufu_progress_close(progress);
    else
        free(progress);
    return NULL;
}

/* --- what it answers --- */

/* Others take the whole screen (GNOME's) or a terminal while they ask. */
static bool is_window(const char *flavor)
{
    static const char *const windows[] = {"qt", "qt5", "gtk2", "gtk-2", "fltk", "efl"};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++)
        if (strcmp(flavor, windows[i]) == 0)
            return true;
    return false;
}

static enum hufu_progress_state show(const struct hufu_progress *progress)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf line = {.max = HUFU_ASSUAN_LINE_MAX};
    hufu_assuan_line(&line, "CONFIRM", "--one-button");
    return progress->has_window && say(progress, &line) ? HUFU_PROGRESS_SHOWN : HUFU_PROGRESS_GONE;
}

/* A line that a pinentry does not know (ERR) is no reason to give up before the window is there. */
static enum hufu_progress_state understand(struct hufu_progress *progress, const char *line)
{
    bool ok = strncmp(line, "OK", 2) == 0;
    if (strncmp(line, "D ", 2) == 0 && is_window(line + 2))
        progress->has_window = true;
    if (!ok && strncmp(line, "ERR ", 4) != 0)
        return progress->state;
    if (progress->state == HUFU_PROGRESS_SHOWN)
        return ok ? HUFU_PROGRESS_STOPPED : HUFU_PROGRESS_GONE;
    return ++progress->answers == ANSWERS_BEFORE_WINDOW ? show(progress) : progress->state;
}

static void take(struct hufu_progress *progress, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && progress->state < HUFU_PROGRESS_STOPPED; i++) {
        if (bytes[i] != '\n') {
            hufu_buf_add_u8(&progress->line, (uint8_t)bytes[i]);
            continue;
        }
        progress->state = progress->line.failed
                              ? HUFU_PROGRESS_GONE
                              : understand(progress, hufu_buf_text(&progress->line));
        hufu_buf_clear(&progress->line);
    }
}

enum hufu_progress_state hufu_progress_look(struct hufu_progress *progress)
{
    char bytes[256];
    ssize_t got = 0;
    while (progress->state < HUFU_PROGRESS_STOPPED &&
           (got = recv(progress->socket, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        take(progress, bytes, (size_t)got);
    bool waits = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (progress->state < HUFU_PROGRESS_STOPPED && !waits)
        progress->state = HUFU_PROGRESS_GONE;
    return progress->state;
}
