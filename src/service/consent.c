#include "service/consent.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/confirm.h"
#include "service/consent_text.h"
#include "service/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* One for each request or call that cannot go on. */
struct hufu_consent_wait {
    TAILQ_ENTRY(hufu_consent_wait) entry;
    struct hufu_consent *consent;
    struct question *question;
    hufu_consent_answered *answered;
    void *context;
};

/* `settled`: its waiters are being told. */
struct question {
    TAILQ_ENTRY(question) entry;
    char origin[HUFU_ORIGIN_MAX + 1];
    unsigned scopes;
    unsigned shown;
    bool settled;
    TAILQ_HEAD(, hufu_consent_wait) waits;
};

/* The first question is the one in the window; `turn` shows the next one, from the event loop. */
struct hufu_consent {
    struct event_base *base;
    struct hufu_monitor *monitor;
    struct hufu_permits *permits;
    const struct hufu_suggestions *suggestions;
    struct hufu_uselog *uselog;
    enum hufu_language language;
    TAILQ_HEAD(, question) questions;
    struct event *turn;
    struct event *limit;
    struct hufu_confirm *window;
    pid_t pid;
    bool closing;
    size_t refusals; /* in a row */
    int64_t refused_ms[HUFU_CONSENT_REFUSALS_MAX];
    int64_t quiet_until_ms;
    int64_t held_until_ms;
    bool held_by_person;
    char held[HUFU_ORIGIN_MAX + 1];
};

/* --- who waits --- */

static void settle(struct hufu_consent *consent, struct question *question)
{
    struct hufu_consent_wait *wait = NULL;
    question->settled = true;
    TAILQ_REMOVE(&consent->questions, question, entry);
    while ((wait = TAILQ_FIRST(&question->waits))) {
        hufu_consent_answered *answered = wait->answered;
        void *context = wait->context;
        TAILQ_REMOVE(&question->waits, wait, entry);
        free(wait);
        answered(context);
    }
    free(question);
}

static void take_turn(struct hufu_consent *consent)
{
    if (!consent->closing)
        event_add(consent->turn, &(struct timeval){0});
}

static void close_window(struct hufu_consent *consent)
{
    event_del(consent->limit);
    if (!consent->window)
        return;
    hufu_confirm_free(HUFU_TAKE(consent->window));
    hufu_monitor_kill(consent->monitor, consent->pid);
}

void hufu_consent_leave(struct hufu_consent_wait *wait)
{
    struct question *question = wait->question;
    struct hufu_consent *consent = wait->consent;
    TAILQ_REMOVE(&question->waits, wait, entry);
    free(wait);
    if (question->settled || !TAILQ_EMPTY(&question->waits))
        return;
    if (question == TAILQ_FIRST(&consent->questions))
        close_window(consent);
    TAILQ_REMOVE(&consent->questions, question, entry);
    free(question);
    take_turn(consent);
}

/* --- answers --- */

static void count_refusal(struct hufu_consent *consent, const struct question *question)
{
    int64_t now = hufu_clock_ms();
    snprintf(consent->held, sizeof consent->held, "%s", question->origin);
    consent->held_until_ms = now + HUFU_CONSENT_HOLD_MS;
    size_t place = consent->refusals++ % HUFU_CONSENT_REFUSALS_MAX;
    int64_t third_last = consent->refused_ms[consent->refusals % HUFU_CONSENT_REFUSALS_MAX];
    consent->refused_ms[place] = now;
    if (consent->refusals < HUFU_CONSENT_REFUSALS_MAX || now - third_last > HUFU_CONSENT_PERIOD_MS)
        return;
    consent->refusals = 0;
    consent->quiet_until_ms = now + HUFU_CONSENT_QUIET_MS;
    hufu_log("consent: refused %d times in a row, nobody asks for %d s", HUFU_CONSENT_REFUSALS_MAX,
             HUFU_CONSENT_QUIET_MS / 1000);
}

static void log_answer(const struct hufu_consent *consent, const struct question *question,
                       const char *answer, enum hufu_status status)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf scopes = {.max = 100};
    for (size_t i = 0; i < HUFU_SCOPE_COUNT; i++)
        if (question->scopes & 1u << i)
            hufu_buf_printf(&scopes, "%s%s", scopes.len ? "," : "", hufu_scope_name(i));
    hufu_log("consent: origin=%s scopes=%s answer=%s", question->origin, hufu_buf_text(&scopes),
             answer);
    hufu_uselog_add(consent->uselog, HUFU_USE_CONSENT, question->origin, hufu_status_code(status));
}

static void allow(struct hufu_consent *consent, const struct question *question, bool always)
{
    log_answer(consent, question, always ? "always" : "once", HUFU_OK);
    consent->refusals = 0;
    if (always)
        hufu_permits_always(consent->permits, question->origin, question->scopes);
    else
        hufu_permits_once(consent->permits, question->origin, question->scopes);
}

static void refuse(struct hufu_consent *consent, const struct question *question, bool by_person)
{
    log_answer(consent, question, "no", HUFU_E_DENIED);
    count_refusal(consent, question);
    consent->held_by_person = by_person;
    hufu_permits_refuse(consent->permits, question->origin, question->scopes);
}

static void on_answer(void *context, enum hufu_confirm_answer answer, int64_t waited_ms)
{
    struct hufu_consent *consent = context;
    struct question *question = TAILQ_FIRST(&consent->questions);
    bool allowed = answer == HUFU_CONFIRM_YES || answer == HUFU_CONFIRM_MAYBE;
    close_window(consent);
    take_turn(consent);
    if (allowed && waited_ms < HUFU_CONSENT_ARMED_MS && question->shown < HUFU_CONSENT_SHOWN_MAX)
        return;
    if (allowed && waited_ms >= HUFU_CONSENT_ARMED_MS)
        allow(consent, question, answer == HUFU_CONFIRM_YES);
    else if (answer == HUFU_CONFIRM_NONE)
        log_answer(consent, question, "none", HUFU_E_PIN_WINDOW); /* nobody said no */
    else
        refuse(consent, question, answer == HUFU_CONFIRM_NO);
    settle(consent, question);
}

static void on_limit(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_consent *consent = arg;
    struct question *question = TAILQ_FIRST(&consent->questions);
    (void)fd;
    (void)events;
    log_answer(consent, question, "none", HUFU_E_CANCELLED);
    close_window(consent);
    take_turn(consent);
    settle(consent, question);
}

/* --- the window --- */

static bool open_window(struct hufu_consent *consent, struct question *question)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = HUFU_CONSENT_TEXT_MAX};
    struct hufu_confirm_texts texts;
    const char *name =
        hufu_suggestions_name(consent->suggestions, question->origin, consent->language);
    hufu_consent_text(question->origin, question->scopes, name, consent->language, &text);
    hufu_consent_buttons(consent->language, &text, &texts);
    int socket = hufu_monitor_run(consent->monitor, HUFU_PROGRAM_PINENTRY, &consent->pid);
    if (socket < 0)
        return false;
    consent->window = hufu_confirm_open(consent->base, socket, &texts, on_answer, consent);
    if (!consent->window) {
        hufu_monitor_kill(consent->monitor, consent->pid);
        return false;
    }
    question->shown++;
    event_add(consent->limit, &(struct timeval){.tv_sec = HUFU_CONSENT_WINDOW_S});
    return true;
}

static bool is_held(const struct hufu_consent *consent, const char *origin)
{
    return hufu_clock_ms() < consent->held_until_ms && strcmp(consent->held, origin) == 0;
}

bool hufu_consent_was_refused(const struct hufu_consent *consent, const char *origin)
{
    return consent->held_by_person && is_held(consent, origin);
}

static bool is_quiet(const struct hufu_consent *consent, const char *origin)
{
    return consent->closing || hufu_clock_ms() < consent->quiet_until_ms ||
           is_held(consent, origin);
}

/* What of `needed` a person could still give: all that is missing, or nothing. */
static unsigned missing(struct hufu_consent *consent, const char *origin, unsigned needed)
{
    struct hufu_rights rights = hufu_permits_of(consent->permits, origin);
    unsigned lacks = needed & ~rights.allowed;
    bool may_ask = hufu_permits_ask(consent->permits) && !is_quiet(consent, origin);
    return may_ask && !(lacks & rights.refused) ? lacks : 0;
}

static void on_turn(evutil_socket_t fd, short events, void *arg)
{
    struct hufu_consent *consent = arg;
    struct question *question = TAILQ_FIRST(&consent->questions);
    (void)fd;
    (void)events;
    if (consent->window || !question)
        return;
    if (missing(consent, question->origin, question->scopes) != 0 && open_window(consent, question))
        return;
    settle(consent, question);
    take_turn(consent);
}

/* --- asking --- */

static struct question *joinable(struct hufu_consent *consent, const char *origin, unsigned lacks)
{
    struct question *question = NULL;
    TAILQ_FOREACH (question, &consent->questions, entry)
        if (strcmp(question->origin, origin) == 0 && (question->scopes & lacks) == lacks)
            return question;
    return NULL;
}

static struct question *new_question(struct hufu_consent *consent, const char *origin,
                                     unsigned lacks)
{
    struct question *question = calloc(1, sizeof *question);
    if (!question)
        return NULL;
    struct hufu_rights rights = hufu_permits_of(consent->permits, origin);
    question->scopes = (lacks | HUFU_SCOPES_USE) & ~(rights.allowed | rights.refused);
    snprintf(question->origin, sizeof question->origin, "%s", origin);
    TAILQ_INIT(&question->waits);
    TAILQ_INSERT_TAIL(&consent->questions, question, entry);
    return question;
}

struct hufu_consent_wait *hufu_consent_ask(struct hufu_consent *consent, const char *origin,
                                           unsigned needed, hufu_consent_answered *answered,
                                           void *context)
{
    unsigned lacks = missing(consent, origin, needed);
    struct hufu_consent_wait *wait = lacks ? calloc(1, sizeof *wait) : NULL;
    if (!wait)
        return NULL;
    struct question *question = joinable(consent, origin, lacks);
    if (!question)
        question = new_question(consent, origin, lacks);
    if (!question) {
        free(wait);
        return NULL;
    }
    *wait = (struct hufu_consent_wait){
        .consent = consent, .question = question, .answered = answered, .context = context};
    TAILQ_INSERT_TAIL(&question->waits, wait, entry);
    take_turn(consent);
    return wait;
}

/* --- life --- */

struct hufu_consent *hufu_consent_new(struct event_base *base, struct hufu_monitor *monitor,
                                      struct hufu_permits *permits,
                                      const struct hufu_suggestions *suggestions,
                                      struct hufu_uselog *uselog, enum hufu_language language)
{
    struct hufu_consent *consent = calloc(1, sizeof *consent);
    if (!consent)
        return NULL;
    *consent = (struct hufu_consent){.base = base,
                                     .monitor = monitor,
                                     .permits = permits,
                                     .suggestions = suggestions,
                                     .uselog = uselog,
                                     .language = language,
                                     .turn = evtimer_new(base, on_turn, consent),
                                     .limit = evtimer_new(base, on_limit, consent)};
    TAILQ_INIT(&consent->questions);
    if (consent->turn && consent->limit)
        return consent;
    hufu_consent_free(consent);
    return NULL;
}

void hufu_consent_free(struct hufu_consent *consent)
{
    if (!consent)
        return;
    struct question *question = NULL;
    consent->closing = true;
    if (consent->limit)
        close_window(consent);
    while ((question = TAILQ_FIRST(&consent->questions)))
        settle(consent, question);
    if (consent->turn)
        event_free(consent->turn);
    if (consent->limit)
        event_free(consent->limit);
    free(consent);
}
