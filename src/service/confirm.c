#include "service/confirm.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "wire/assuan.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The lines in their order; `maybe` stands in the place of `yes` where there is no YES. */
enum {
    LINE_FLAVOR,
    LINE_TITLE,
    LINE_TEXT,
    LINE_YES,
    LINE_MAYBE,
    LINE_NO,
    LINE_CONFIRM,
    LINE_COUNT
};

/* GPG_ERR_CANCELED and GPG_ERR_NOT_CONFIRMED, without the number of the program that says so. */
enum { ERROR_CODE_MASK = 0xffff, ERROR_CANCELLED = 99, ERROR_NOT_CONFIRMED = 114 };

/* `next` is the line that goes out when the one before it was answered; the first answer is the
 * greeting, and what answers the last line is the person's. */
struct hufu_confirm {
    struct bufferevent *connection;
    struct hufu_buf lines[LINE_COUNT];
    struct hufu_buf first_button; /* where there is no YES */
    bool has_yes;
    size_t next;
    int64_t asked_ms;
    hufu_confirm_answered *answered;
    void *context;
};

static void fill_line(struct hufu_buf *line, const char *verb, const char *text)
{
    hufu_buf_init(line, HUFU_ASSUAN_LINE_MAX);
    hufu_assuan_line(line, verb, text);
}

static void say_next(struct hufu_confirm *confirm)
{
    confirm->asked_ms = hufu_clock_ms();
    const struct hufu_buf *line = &confirm->lines[confirm->next];
    if (confirm->next == LINE_YES && !confirm->has_yes)
        line = &confirm->first_button;
    confirm->next += confirm->next == LINE_YES && !confirm->has_yes ? 2 : 1;
    bufferevent_write(confirm->connection, line->data, line->len);
}

static enum hufu_confirm_answer read_answer(const char *line, bool has_yes)
{
    if (strncmp(line, "OK", 2) == 0)
        return has_yes ? HUFU_CONFIRM_YES : HUFU_CONFIRM_MAYBE;
    if (strncmp(line, "ERR ", 4) != 0)
        return HUFU_CONFIRM_NONE;
    unsigned long code = strtoul(line + 4, NULL, 10) & ERROR_CODE_MASK;
    return code == ERROR_NOT_CONFIRMED ? HUFU_CONFIRM_MAYBE
           : code == ERROR_CANCELLED   ? HUFU_CONFIRM_NO
                                       : HUFU_CONFIRM_NONE;
}

static void tell(struct hufu_confirm *confirm, enum hufu_confirm_answer answer)
{
    confirm->answered(confirm->context, answer, hufu_clock_ms() - confirm->asked_ms);
}

/* false once the question is answered and `confirm` may be gone. A title that a pinentry does not
 * know (ERR) is no reason to give up. */
static bool understand(struct hufu_confirm *confirm, const char *line)
{
    bool is_answer = strncmp(line, "OK", 2) == 0 || strncmp(line, "ERR ", 4) == 0;
    if (confirm->next == LINE_FLAVOR + 1 && strcmp(line, "D qt") == 0)
        confirm->has_yes = true;
    if (!is_answer)
        return true; /* data, a status or a comment */
    if (confirm->next < LINE_COUNT) {
        say_next(confirm);
        return true;
    }
    tell(confirm, read_answer(line, confirm->has_yes));
    return false;
}

static void on_read(struct bufferevent *connection, void *arg)
{
    struct hufu_confirm *confirm = arg;
    struct evbuffer *input = bufferevent_get_input(connection);
    for (bool more = true; more;) {
        HUFU_AUTO(hufu_free) char *line = evbuffer_readln(input, NULL, EVBUFFER_EOL_LF);
        if (!line)
            break;
        more = understand(confirm, line);
        if (!more)
            return;
    }
    if (evbuffer_get_length(input) > HUFU_ASSUAN_LINE_MAX)
        tell(confirm, HUFU_CONFIRM_NONE);
}

static void on_event(struct bufferevent *connection, short events, void *arg)
{
    struct hufu_confirm *confirm = arg;
    (void)connection;
    (void)events;
    tell(confirm, HUFU_CONFIRM_NONE);
}

struct hufu_confirm *hufu_confirm_open(struct event_base *base, int socket,
                                       const struct hufu_confirm_texts *texts,
                                       hufu_confirm_answered *answered, void *context)
{
    const struct {
        const char *verb;
        const char *text;
    } lines[LINE_COUNT] = {
        [LINE_FLAVOR] = {"GETINFO flavor", NULL},  [LINE_TITLE] = {"SETTITLE", texts->title},
        [LINE_TEXT] = {"SETDESC", texts->text},    [LINE_YES] = {"SETOK", texts->yes},
        [LINE_MAYBE] = {"SETNOTOK", texts->maybe}, [LINE_NO] = {"SETCANCEL", texts->no},
        [LINE_CONFIRM] = {"CONFIRM", NULL},
    };
    struct hufu_confirm *confirm = calloc(1, sizeof *confirm);
    evutil_make_socket_nonblocking(socket);
    if (confirm)
        confirm->connection = bufferevent_socket_new(base, socket, BEV_OPT_CLOSE_ON_FREE);
    if (!confirm || !confirm->connection) {
        free(confirm);
        close(socket);
        return NULL;
    }
    for (size_t i = 0; i < LINE_COUNT; i++)
        fill_line(&confirm->lines[i], lines[i].verb, lines[i].text);
    fill_line(&confirm->first_button, lines[LINE_YES].verb, texts->maybe);
    confirm->asked_ms = hufu_clock_ms();
    confirm->answered = answered;
    confirm->context = context;
    bufferevent_setcb(confirm->connection, on_read, NULL, on_event, confirm);
    bufferevent_enable(confirm->connection, EV_READ | EV_WRITE);
    return confirm;
}

void hufu_confirm_free(struct hufu_confirm *confirm)
{
    if (!confirm)
        return;
    for (size_t i = 0; i < LINE_COUNT; i++)
        hufu_buf_done(&confirm->lines[i]);
    hufu_buf_done(&confirm->first_button);
    bufferevent_free(confirm->connection);
    free(confirm);
}
