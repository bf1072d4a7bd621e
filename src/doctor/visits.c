/* Who came to hufud and was turned away: programs by their TLS, websites by what was decided. */
#include "doctor/facts.h"

#include "base/cleanup.h"
#include "sites/sites.h"
#include "sites/uselog.h"
#include "wire/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

HUFU_DEFINE_AUTO(struct hufu_sites *, hufu_sites_free)

/* What is older does not bother anybody any more. */
enum { TLS_RECENT_S = 3600, SITES_RECENT_S = 24 * 3600 };

/* --- looking --- */

static void look_at_tls(struct hufu_visit_facts *facts)
{
    struct hufu_tls_notes notes;
    hufu_tls_notes_read(&notes);
    for (size_t i = 0; i < notes.count; i++) {
        const struct hufu_tls_note *note = &notes.items[i];
        bool old = note->code == hufu_status_code(HUFU_E_TLS_OLD);
        struct hufu_process process;
        __typeof__(facts->old) *found = old ? &facts->old : &facts->untrusted;
        found->when = note->when;
        found->code = note->code;
        found->pid = note->pid;
        snprintf(found->program, sizeof found->program, "%s", note->program);
        found->runs =
            note->pid && hufu_process_look(note->pid, &process) && process.started == note->started;
    }
}

/* hufud forgets a refusal once the program takes the certificate after all. */
static void look_at_refusals(struct hufu_visit_facts *facts)
{
    struct hufu_refusals refusals;
    struct hufu_process process;
    facts->untrusted.runs = false;
    hufu_refusals_read(&refusals);
    for (size_t i = 0; i < refusals.count; i++) {
        const struct hufu_refusal *refusal = &refusals.items[i];
        if (!hufu_process_look(refusal->pid, &process) || process.started != refusal->started)
            continue;
        facts->untrusted.runs = true;
        facts->untrusted.pid = process.pid;
        snprintf(facts->untrusted.program, sizeof facts->untrusted.program, "%s", process.name);
    }
}

/* "2026-11-24T14:03:05+08:00", as the use log has it. */
static time_t time_of(const char *text)
{
    struct tm parts = {0};
    const char *after = strptime(text, "%Y-%m-%dT%H:%M:%S%z", &parts);
    long offset = parts.tm_gmtoff;
    return after && !*after ? timegm(&parts) - offset : 0;
}

struct search {
    struct hufu_visit_facts *facts;
    enum hufu_use use;
};

/* The last one counts, and what the same site was allowed afterwards. */
static void take_event(void *context, const struct hufu_use_event *event)
{
    struct search *search = context;
    struct hufu_visit_facts *facts = search->facts;
    if (!event->origin[0] || time_of(event->time) < facts->now - SITES_RECENT_S)
        return;
    if (event->code == hufu_status_code(HUFU_E_DENIED)) {
        snprintf(facts->refused.origin, sizeof facts->refused.origin, "%s", event->origin);
        snprintf(facts->refused.time, sizeof facts->refused.time, "%s", event->time);
        search->use = event->use;
    } else if (strcmp(facts->refused.origin, event->origin) == 0 && event->use >= search->use) {
        facts->refused.origin[0] = 0;
    }
}

/* hufud turns away at its door who is unknown while nobody is to be asked, or who is refused. */
static void look_at_door(struct hufu_visit_facts *facts)
{
    struct hufu_turned_away visit;
    struct tm parts;
    hufu_turned_away_read(&visit);
    if (visit.when < facts->now - SITES_RECENT_S || !localtime_r(&visit.when, &parts))
        return;
    strftime(facts->refused.time, sizeof facts->refused.time, "%Y-%m-%dT%H:%M:%S", &parts);
    memcpy(facts->refused.origin, visit.origin, sizeof facts->refused.origin);
}

/* What was refused may have been decided since. */
static void look_at_decision(struct hufu_visit_facts *facts, enum hufu_use use)
{
    HUFU_AUTO(hufu_sites_free_auto) struct hufu_sites *sites = NULL;
    if (!facts->refused.origin[0] || hufu_sites_load(&sites, NULL) != HUFU_OK)
        return;
    struct hufu_rights rights = hufu_sites_rights(sites, facts->refused.origin);
    enum hufu_use allowed = hufu_use_of_scopes(rights.allowed);
    facts->refused.decided = rights.refused != 0;
    if (!facts->refused.decided && allowed != HUFU_USE_COUNT &&
        (allowed >= use || use == HUFU_USE_CONSENT))
        facts->refused.origin[0] = 0;
}

void hufu_look_visits(void *into)
{
    struct hufu_visit_facts *facts = into;
    struct search search = {.facts = facts};
    facts->now = time(NULL);
    look_at_tls(facts);
    look_at_refusals(facts);
    (void)hufu_uselog_read(take_event, &search, NULL);
    if (!facts->refused.origin[0])
        look_at_door(facts);
    look_at_decision(facts, search.use);
    facts->looked = true;
}

/* --- judging --- */

/* Who was refused by a store that trusts by now is told with the stores. */
void hufu_judge_tls(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_visit_facts *visits = &facts->visits;
    char when[32] = "";
    struct tm parts;
    hufu_found(finding, visits->looked ? HUFU_FOUND_TLS_OK : HUFU_FOUND_UNANSWERED);
    if (visits->old.when && visits->old.when > visits->now - TLS_RECENT_S) {
        hufu_found(finding, HUFU_FOUND_TLS_OLD);
        if (localtime_r(&visits->old.when, &parts))
            strftime(when, sizeof when, "%Y-%m-%d %H:%M", &parts);
        hufu_found_value(finding, "time", when);
        hufu_found_value(finding, "program", visits->old.program);
    } else if (visits->untrusted.runs) {
        hufu_found(finding, HUFU_FOUND_TLS_UNTRUSTED);
        hufu_found_value(finding, "program", visits->untrusted.program);
        hufu_found_number(finding, "pid", visits->untrusted.pid);
    }
}

static void find_refused(const struct hufu_visit_facts *visits, struct hufu_finding *finding)
{
    char when[32];
    hufu_found(finding,
               visits->refused.decided ? HUFU_FOUND_SITES_DECIDED : HUFU_FOUND_SITES_REFUSED);
    snprintf(when, sizeof when, "%.10s %.5s", visits->refused.time,
             strlen(visits->refused.time) > 16 ? visits->refused.time + 11 : "");
    hufu_found_value(finding, "origin", visits->refused.origin);
    hufu_found_value(finding, "time", when);
}

void hufu_judge_sites(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_settings_facts *settings = &facts->settings;
    if (!settings->looked || !facts->visits.looked) {
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    } else if (settings->answers[0]) {
        hufu_found(finding, HUFU_FOUND_SITES_OPEN);
        hufu_found_value(finding, "path", settings->answers);
    } else if (settings->sites[0]) {
        hufu_found(finding, HUFU_FOUND_SITES_WRONG);
        hufu_found_value(finding, "place", settings->sites);
    } else if (facts->visits.refused.origin[0]) {
        find_refused(&facts->visits, finding);
    } else {
        hufu_found(finding, HUFU_FOUND_SITES_OK);
    }
}
