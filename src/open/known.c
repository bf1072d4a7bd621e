#include "open/known.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/peer.h"
#include "open/report.h"
#include "wire/running.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ARGUMENTS_MAX = 7,
    LINE_MAX_BYTES = 512 * 1024, /* the doctor's report has some ten KiB */
    USES_SHOWN = 20,             /* the last ones; `hufu log` has them all */
    /* A card that comes and goes, or a doctor who makes it look so, starts no circle. */
    LOOK_EVERY_MS = 3000,
    FOLLOW_AGAIN_MS = 5000,
    PORTS_EVERY_MS = 1000,
    PORTS_SHOWN = 12, /* those of four products; a page tries three */
};

struct kind {
    const char *event;
    const char *arguments[ARGUMENTS_MAX]; /* none: it is no program's */
    size_t output_max;
    int64_t ms;
};

static const struct kind kinds[HUFU_KNOWN_COUNT] = {
    [HUFU_KNOWN_PORTS] = {.event = "ports"},
    [HUFU_KNOWN_DOCTOR] = {.event = "doctor",
                           .arguments = {"hufu", "doctor", "--json"},
                           .output_max = LINE_MAX_BYTES,
                           .ms = 30 * 1000},
    [HUFU_KNOWN_CARD] = {.event = "card",
                         .arguments = {"hufu", "card", "--json", "--follow"},
                         .output_max = LINE_MAX_BYTES},
    [HUFU_KNOWN_LOG] = {.event = "log",
                        .arguments = {"hufu", "log", "--json"},
                        .output_max = 8 * 1024 * 1024, /* more than two files can become */
                        .ms = 10 * 1000},
    /* Trust everywhere may take its time. */
    [HUFU_KNOWN_CHANGE] = {.event = "change", .output_max = LINE_MAX_BYTES, .ms = 180 * 1000},
};

static const char restart_id[] = "restart";

void hufu_known_begin(struct hufu_known *known, const char *hufu, hufu_known_tell *tell,
                      void *context)
{
    *known = (struct hufu_known){.tell = tell, .context = context};
    snprintf(known->hufu, sizeof known->hufu, "%s", hufu);
    for (size_t i = 0; i < HUFU_KNOWN_COUNT; i++) {
        known->tasks[i].fd = -1;
        known->lines[i].max = LINE_MAX_BYTES;
    }
}

void hufu_known_end(struct hufu_known *known)
{
    for (size_t i = 0; i < HUFU_KNOWN_COUNT; i++) {
        hufu_task_stop(&known->tasks[i]);
        hufu_task_done(&known->tasks[i]);
        hufu_buf_done(&known->lines[i]);
    }
}

/* --- telling --- */

static bool is_news(const struct hufu_known *known, enum hufu_known_kind kind,
                    const struct hufu_buf *line)
{
    return !line->failed && strcmp(hufu_buf_text(&known->lines[kind]), hufu_buf_text(line)) != 0;
}

/* Keeps the line, and tells it when it is another one. */
static void learn(struct hufu_known *known, enum hufu_known_kind kind, const struct hufu_buf *line)
{
    struct hufu_buf *kept = &known->lines[kind];
    if (!is_news(known, kind, line))
        return;
    hufu_buf_clear(kept);
    hufu_buf_add(kept, line->data, line->len);
    known->tell(known->context, kinds[kind].event, hufu_buf_text(kept));
}

/* The doctor looks again at what has changed. */
static void learn_and_look(struct hufu_known *known, enum hufu_known_kind kind,
                           const struct hufu_buf *line)
{
    bool first = known->lines[kind].len == 0;
    known->look_again = known->look_again || (!first && is_news(known, kind, line));
    learn(known, kind, line);
}

static void learn_nothing(struct hufu_known *known, enum hufu_known_kind kind)
{
    struct hufu_buf line = {.max = sizeof "null"};
    hufu_buf_add_text(&line, "null");
    learn(known, kind, &line);
    hufu_buf_done(&line);
}

void hufu_known_repeat(struct hufu_known *known, hufu_known_tell *tell, void *context)
{
    for (size_t i = 0; i < HUFU_KNOWN_COUNT; i++)
        if (known->lines[i].len > 0)
            tell(context, kinds[i].event, hufu_buf_text(&known->lines[i]));
}

/* --- running --- */

static bool run(struct hufu_known *known, enum hufu_known_kind kind, const char *const *arguments)
{
    int problem = hufu_task_start(&known->tasks[kind], known->hufu, arguments,
                                  kinds[kind].output_max, kinds[kind].ms);
    if (problem)
        hufu_log("%s %s: %s", known->hufu, arguments[1], strerror(problem));
    return problem == 0;
}

static void look(struct hufu_known *known, enum hufu_known_kind kind)
{
    if (!known->tasks[kind].pid && !run(known, kind, kinds[kind].arguments))
        learn_nothing(known, kind);
}

void hufu_known_look(struct hufu_known *known)
{
    known->look_again = known->tasks[HUFU_KNOWN_DOCTOR].pid != 0;
    known->looked_ms = hufu_clock_ms();
    look(known, HUFU_KNOWN_DOCTOR);
    look(known, HUFU_KNOWN_LOG);
}

void hufu_known_follow(struct hufu_known *known, bool follows)
{
    if (known->follows && !follows)
        hufu_task_stop(&known->tasks[HUFU_KNOWN_CARD]);
    known->follows = follows;
}

/* --- changes --- */

static void learn_change(struct hufu_known *known, const char *state)
{
    struct hufu_buf line = {.max = LINE_MAX_BYTES};
    hufu_buf_printf(&line, "{\"id\":\"%s\",\"state\":\"%s\"}", known->change_id, state);
    learn(known, HUFU_KNOWN_CHANGE, &line);
    hufu_buf_done(&line);
}

static int change(struct hufu_known *known, const char *id, const char *const *arguments)
{
    if (known->tasks[HUFU_KNOWN_CHANGE].pid)
        return 409;
    snprintf(known->change_id, sizeof known->change_id, "%s", id);
    learn_change(known, run(known, HUFU_KNOWN_CHANGE, arguments) ? "running" : "failed");
    return 202;
}

int hufu_known_restart(struct hufu_known *known)
{
    static const char *const arguments[] = {"hufu", "restart", NULL};
    return change(known, restart_id, arguments);
}

static bool is_id(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len < HUFU_KNOWN_ID_SIZE && text[0] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* Nothing becomes an argument but an id that the doctor itself has just said. */
int hufu_known_fix(struct hufu_known *known, const char *id)
{
    const char *const arguments[] = {"hufu", "doctor", "--fix", id, "--yes", "--json", NULL};
    struct hufu_bytes report = hufu_buf_bytes(&known->lines[HUFU_KNOWN_DOCTOR]);
    return is_id(id) && hufu_report_mends(report, id) ? change(known, id, arguments) : 404;
}

bool hufu_known_is_changing(const struct hufu_known *known)
{
    return known->tasks[HUFU_KNOWN_CHANGE].pid != 0;
}

/* --- hufud's ports --- */

static bool is_ours(uint16_t port)
{
    struct hufu_port_holder holder;
    return hufu_port_holder(AF_INET, port, &holder) && holder.uid == getuid();
}

static void look_at_ports(struct hufu_known *known)
{
    struct hufu_ports ports;
    struct hufu_buf line = {.max = LINE_MAX_BYTES};
    const char *before = "";
    hufu_ports_read(&ports);
    hufu_buf_add_text(&line, "{\"ports\":[");
    for (size_t i = 0; i < ports.count && i < PORTS_SHOWN; i++)
        if (is_ours(ports.items[i])) {
            hufu_buf_printf(&line, "%s%u", before, (unsigned)ports.items[i]);
            before = ",";
        }
    hufu_buf_add_text(&line, "]}");
    learn_and_look(known, HUFU_KNOWN_PORTS, &line);
    hufu_buf_done(&line);
}

/* --- the loop --- */

size_t hufu_known_poll(const struct hufu_known *known, struct pollfd *ret_fds)
{
    size_t count = 0;
    for (size_t i = 0; i < HUFU_KNOWN_COUNT; i++)
        if (known->tasks[i].pid && known->tasks[i].fd >= 0)
            ret_fds[count++] = (struct pollfd){.fd = known->tasks[i].fd, .events = POLLIN};
    return count;
}

/* Each whole line is a state; only the last one counts. */
static void take_card_lines(struct hufu_known *known)
{
    struct hufu_buf *output = &known->tasks[HUFU_KNOWN_CARD].output;
    const char *text = hufu_buf_text(output);
    const char *last = output->len ? strrchr(text, '\n') : NULL;
    if (!last || output->failed)
        return;
    const char *start = last;
    while (start > text && start[-1] != '\n')
        start--;
    struct hufu_buf line = {.max = LINE_MAX_BYTES};
    struct hufu_buf rest = {.max = output->max};
    bool valid = hufu_report_line(hufu_bytes_of(start, (size_t)(last - start)), &line);
    hufu_buf_add_text(&rest, last + 1);
    hufu_buf_done(output);
    *output = rest;
    if (valid)
        learn_and_look(known, HUFU_KNOWN_CARD, &line);
    hufu_buf_done(&line);
}

static void learn_output(struct hufu_known *known, enum hufu_known_kind kind)
{
    struct hufu_bytes output = hufu_buf_bytes(&known->tasks[kind].output);
    struct hufu_buf line = {.max = LINE_MAX_BYTES};
    bool valid = kind == HUFU_KNOWN_LOG ? hufu_report_last(output, USES_SHOWN, &line)
                                        : hufu_report_line(output, &line);
    if (valid)
        learn(known, kind, &line);
    else
        learn_nothing(known, kind);
    hufu_buf_done(&line);
}

/* What has ended is told; the doctor looks at what was changed. */
static void on_ended(struct hufu_known *known, enum hufu_known_kind kind)
{
    if (kind == HUFU_KNOWN_CHANGE) {
        learn_change(known, hufu_task_succeeded(&known->tasks[kind]) ? "done" : "failed");
        hufu_known_look(known);
    } else if (kind == HUFU_KNOWN_CARD) {
        learn_nothing(known, kind);
        known->follow_ms = hufu_clock_ms() + FOLLOW_AGAIN_MS;
    } else {
        learn_output(known, kind);
    }
}

static void check_task(struct hufu_known *known, enum hufu_known_kind kind, int64_t now)
{
    struct hufu_task *task = &known->tasks[kind];
    if (!task->pid)
        return;
    hufu_task_read(task);
    if (kind == HUFU_KNOWN_CARD)
        take_card_lines(known);
    if (hufu_task_ended(task)) {
        on_ended(known, kind);
    } else if (task->deadline_ms && now >= task->deadline_ms) {
        hufu_log("hufu %s took too long", kinds[kind].event);
        hufu_task_stop(task);
        on_ended(known, kind);
    }
}

static void begin_what_is_due(struct hufu_known *known, int64_t now)
{
    if (!known->follows)
        return;
    if (!known->tasks[HUFU_KNOWN_CARD].pid && now >= known->follow_ms) {
        known->follow_ms = now + FOLLOW_AGAIN_MS;
        look(known, HUFU_KNOWN_CARD);
    }
    if (now >= known->ports_ms) {
        known->ports_ms = now + PORTS_EVERY_MS;
        look_at_ports(known);
    }
    if (known->look_again && !known->tasks[HUFU_KNOWN_DOCTOR].pid &&
        now >= known->looked_ms + LOOK_EVERY_MS)
        hufu_known_look(known);
}

void hufu_known_step(struct hufu_known *known)
{
    int64_t now = hufu_clock_ms();
    for (size_t i = 0; i < HUFU_KNOWN_COUNT; i++)
        check_task(known, (enum hufu_known_kind)i, now);
    begin_what_is_due(known, now);
}
