#include "doctor/doctor.h"

#include "base/clock.h"
#include "doctor/facts.h"
#include "doctor/gather.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEADLINE_MS = 5000, /* for all together; a card's driver may take four seconds to begin */
    PARTS = 10,
};

#define NEEDS(symbol) (1u << HUFU_CHECK_##symbol)

static const struct check {
    const char *id;
    const char *title[2];
    hufu_judge *judge;
    unsigned needs; /* a bit for each check */
} checks[HUFU_CHECK_COUNT] = {
#define HUFU_CHECK(symbol, id_, title_en, title_zh, judge_, needs_)                                \
    [HUFU_CHECK_##                                                                                 \
        symbol] = {.id = id_, .title = {title_en, title_zh}, .judge = judge_, .needs = needs_},
#include "doctor/checks.def"
#undef HUFU_CHECK
};

const char *hufu_check_id(enum hufu_check check)
{
    return checks[check].id;
}

const char *hufu_check_title(enum hufu_check check, enum hufu_language language)
{
    return checks[check].title[language];
}

enum hufu_check hufu_check_named(const char *id)
{
    size_t i = 0;
    while (i < HUFU_CHECK_COUNT && strcmp(checks[i].id, id) != 0)
        i++;
    return (enum hufu_check)i;
}

/* --- judging --- */

/* What is in trouble below hides what is above it: one cause, one line. */
static unsigned judge_one(enum hufu_check check, const struct hufu_facts *facts, unsigned troubled,
                          struct hufu_finding *finding)
{
    hufu_found(finding, HUFU_FOUND_NOTHING);
    if (checks[check].needs & troubled)
        return troubled | 1u << check;
    checks[check].judge(facts, finding);
    return hufu_finding_state(finding) == HUFU_STATE_TROUBLE ? troubled | 1u << check : troubled;
}

static enum hufu_check first_in(const struct hufu_diagnosis *diagnosis, enum hufu_check_state state)
{
    size_t i = 0;
    while (i < HUFU_CHECK_COUNT && hufu_finding_state(&diagnosis->findings[i]) != state)
        i++;
    return (enum hufu_check)i;
}

void hufu_doctor_judge(const struct hufu_facts *facts, struct hufu_diagnosis *ret_diagnosis)
{
    unsigned troubled = 0;
    *ret_diagnosis = (struct hufu_diagnosis){0};
    for (size_t i = 0; i < HUFU_CHECK_COUNT; i++)
        troubled = judge_one((enum hufu_check)i, facts, troubled, &ret_diagnosis->findings[i]);
    enum hufu_check trouble = first_in(ret_diagnosis, HUFU_STATE_TROUBLE);
    ret_diagnosis->ok = trouble == HUFU_CHECK_COUNT;
    ret_diagnosis->first =
        ret_diagnosis->ok ? first_in(ret_diagnosis, HUFU_STATE_ATTENTION) : trouble;
}

/* --- looking --- */

static size_t add_parts(struct hufu_facts *facts, struct hufu_errand *errands)
{
#define PART(function, member)                                                                     \
    {                                                                                              \
        .look = (function), .facts = &facts->member, .size = sizeof facts->member                  \
    }
    const struct hufu_errand parts[PARTS] = {
        PART(hufu_look_readers, readers),   PART(hufu_look_trust, trust),
        PART(hufu_look_service, service),   PART(hufu_look_program, program),
        PART(hufu_look_clock, clock),       PART(hufu_look_settings, settings),
        PART(hufu_look_loopback, loopback), PART(hufu_look_proxy, proxy),
        PART(hufu_look_visits, visits),     PART(hufu_look_permission, permission),
    };
#undef PART
    memcpy(errands, parts, sizeof parts);
    return PARTS;
}

static size_t add_drivers(struct hufu_facts *facts, struct hufu_errand *errands)
{
    hufu_drivers_list(facts);
    for (size_t i = 0; i < facts->driver_count; i++)
        errands[i] = (struct hufu_errand){.look = hufu_look_driver,
                                          .facts = &facts->drivers[i],
                                          .size = sizeof facts->drivers[i]};
    return facts->driver_count;
}

/* What wrote it is not to be believed. */
static void take_driver(struct hufu_driver_facts *driver, const struct hufu_driver_facts *before,
                        const struct hufu_errand *errand)
{
    memcpy(driver->path, before->path, sizeof driver->path);
    memcpy(driver->config, before->config, sizeof driver->config);
    driver->missing = before->missing;
    driver->signal = errand->signal;
    driver->in_time = errand->in_time;
    driver->took_ms = errand->took_ms;
    hufu_driver_tame(driver);
}

static void look(struct hufu_facts *facts)
{
    struct hufu_errand errands[PARTS + HUFU_DOCTOR_DRIVERS] = {0};
    static struct hufu_driver_facts before[HUFU_DOCTOR_DRIVERS];
    size_t drivers = add_drivers(facts, errands);
    size_t count = drivers + add_parts(facts, errands + drivers);
    memcpy(before, facts->drivers, sizeof before);
    hufu_gather(errands, count, DEADLINE_MS);
    for (size_t i = 0; i < drivers; i++)
        take_driver(&facts->drivers[i], &before[i], &errands[i]);
}

void hufu_doctor_run(struct hufu_diagnosis *ret_diagnosis)
{
    static struct hufu_facts facts; /* some hundred KiB */
    int64_t began_ms = hufu_clock_ms();
    facts = (struct hufu_facts){0};
    look(&facts);
    hufu_doctor_judge(&facts, ret_diagnosis);
    ret_diagnosis->took_ms = (int)(hufu_clock_ms() - began_ms);
}
