/* The certificate for localhost, and who trusts it. */
#include "doctor/facts.h"

#include "base/cleanup.h"
#include "crypto/leaf.h"
#include "trust/trust.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* --- looking --- */

static void look_at_key(struct hufu_trust_facts *facts)
{
    struct hufu_leaf_paths paths;
    struct stat info;
    if (hufu_leaf_paths(&paths, NULL) != HUFU_OK)
        return;
    memcpy(facts->key, paths.key, sizeof facts->key);
    facts->has_key = stat(paths.key, &info) == 0;
    facts->key_open = facts->has_key && info.st_mode & (S_IRWXG | S_IRWXO);
}

static void take_store(struct hufu_trust_facts *facts, const struct hufu_store *store)
{
    if (facts->count == HUFU_DOCTOR_STORES)
        return;
    size_t at = facts->count++;
    snprintf(facts->stores[at].browser, sizeof facts->stores[at].browser, "%s", store->browser);
    snprintf(facts->stores[at].package, sizeof facts->stores[at].package, "%s", store->package);
    memcpy(facts->stores[at].path, store->path, sizeof facts->stores[at].path);
    facts->stores[at].answer = store->answer;
}

void hufu_look_trust(void *into)
{
    struct hufu_trust_facts *facts = into;
    const struct hufu_trust_options options = {0};
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_trust_report_done) struct hufu_trust_report report = {0};
    look_at_key(facts);
    facts->failed = hufu_trust_status(&options, &report, &err);
    facts->has_leaf = report.has_leaf;
    facts->not_after = report.leaf.not_after;
    facts->server = report.server.state;
    for (size_t i = 0; i < report.stores.count; i++)
        take_store(facts, &report.stores.items[i]);
    facts->looked = true;
}

/* --- judging: the certificate --- */

void hufu_judge_certificate(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_trust_facts *trust = &facts->trust;
    if (!trust->looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (!trust->has_leaf)
        hufu_found(finding, HUFU_FOUND_CERTIFICATE_NONE);
    else if (!trust->has_key)
        hufu_found(finding, HUFU_FOUND_CERTIFICATE_KEY);
    else if (trust->not_after <= facts->clock.now)
        hufu_found(finding, HUFU_FOUND_CERTIFICATE_ENDED);
    else
        hufu_found(finding,
                   trust->key_open ? HUFU_FOUND_CERTIFICATE_OPEN : HUFU_FOUND_CERTIFICATE_OK);
    if (trust->has_leaf)
        hufu_found_day(finding, "date", trust->not_after);
    if (finding->kind == HUFU_FOUND_CERTIFICATE_OPEN)
        hufu_found_value(finding, "path", trust->key);
}

/* --- judging: the stores --- */

/* Those of the reasons that `hufu trust repair` mends. */
static bool is_mendable(enum hufu_trust_reason reason)
{
    return reason == HUFU_TRUST_DAMAGED || reason == HUFU_TRUST_HALF ||
           reason == HUFU_TRUST_PERMISSION;
}

static bool is_trusted(const struct hufu_trust_answer *answer)
{
    return answer->state == HUFU_TRUST_TRUSTED;
}

static enum hufu_finding_kind judge_store(const struct hufu_trust_facts *facts, size_t at)
{
    const struct hufu_trust_answer *answer = &facts->stores[at].answer;
    if (answer->state == HUFU_TRUST_REFUSED)
        return is_mendable(answer->reason) ? HUFU_FOUND_TRUST_DAMAGED : HUFU_FOUND_TRUST_REFUSED;
    if (!is_trusted(answer))
        return HUFU_FOUND_TRUST_ABSENT;
    if (answer->handshake == HUFU_TRUST_FAILED)
        return facts->server == HUFU_SERVER_OUTDATED ? HUFU_FOUND_TRUST_SERVES
                                                     : HUFU_FOUND_TRUST_FAILED;
    if (answer->restart)
        return HUFU_FOUND_TRUST_RESTART;
    return answer->handshake == HUFU_TRUST_UNTRIED ? HUFU_FOUND_TRUST_UNPROVED
                                                   : HUFU_FOUND_TRUST_OK;
}

/* The more of a finding there is, the sooner it is told; what install does comes before what only a
 * person can do, as it may do away with that too. */
static int weight(enum hufu_finding_kind kind)
{
    static const enum hufu_finding_kind order[] = {
        HUFU_FOUND_TRUST_OK,     HUFU_FOUND_TRUST_UNPROVED, HUFU_FOUND_TRUST_RESTART,
        HUFU_FOUND_TRUST_SERVES, HUFU_FOUND_TRUST_REFUSED,  HUFU_FOUND_TRUST_DAMAGED,
        HUFU_FOUND_TRUST_FAILED, HUFU_FOUND_TRUST_ABSENT,
    };
    int i = 0;
    while (order[i] != kind)
        i++;
    return i;
}

static void add_reason(struct hufu_finding *finding, const struct hufu_trust_facts *facts,
                       size_t at)
{
    const struct hufu_trust_answer *answer = &facts->stores[at].answer;
    for (int language = 0; language < 2; language++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf reason = {.max = HUFU_FINDING_VALUE_SIZE};
        HUFU_AUTO(hufu_buf_done) struct hufu_buf step = {.max = HUFU_FINDING_VALUE_SIZE};
        hufu_buf_add_text(&reason,
                          hufu_trust_reason_text(answer->reason, (enum hufu_language)language));
        if (answer->cause[0])
            hufu_buf_printf(&reason, " (%s)", answer->cause);
        hufu_trust_reason_add_step(&step, answer->reason, facts->stores[at].path,
                                   (enum hufu_language)language);
        hufu_found_value(finding, "reason", hufu_buf_text(&reason));
        hufu_found_value(finding, "step", hufu_buf_text(&step));
    }
}

/* "Chromium, Firefox (snap)": each browser once, of those of which the same is found. */
static void add_browsers(struct hufu_finding *finding, const struct hufu_trust_facts *facts,
                         enum hufu_finding_kind kind)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf names = {.max = HUFU_FINDING_VALUE_SIZE};
    for (size_t i = 0; i < facts->count; i++) {
        char name[64];
        const char *package = facts->stores[i].package;
        snprintf(name, sizeof name, package[0] ? "%s (%s)" : "%s", facts->stores[i].browser,
                 package);
        if (judge_store(facts, i) == kind && !strstr(hufu_buf_text(&names), name))
            hufu_buf_printf(&names, "%s%s", names.len ? ", " : "", name);
    }
    hufu_found_value(finding, "browser", hufu_buf_text(&names));
}

static void judge_stores(const struct hufu_trust_facts *facts, struct hufu_finding *finding)
{
    size_t worst = 0;
    for (size_t i = 1; i < facts->count; i++)
        if (weight(judge_store(facts, i)) > weight(judge_store(facts, worst)))
            worst = i;
    enum hufu_finding_kind kind = judge_store(facts, worst);
    hufu_found(finding, kind);
    hufu_found_number(finding, "count", (long)facts->count);
    add_browsers(finding, facts, kind);
    if (kind == HUFU_FOUND_TRUST_REFUSED || kind == HUFU_FOUND_TRUST_DAMAGED) {
        add_reason(finding, facts, worst);
        hufu_found_value(finding, "path", facts->stores[worst].path);
    }
}

void hufu_judge_trust(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    if (!facts->trust.looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (facts->trust.count == 0)
        hufu_found(finding, HUFU_FOUND_TRUST_NONE);
    else
        judge_stores(&facts->trust, finding);
}
