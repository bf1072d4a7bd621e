/* PKCS#11 modules, each in a process of its own, and the cards that they see. */
#include "doctor/facts.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "card/modules.h"
#include "card/tries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SOON_S = 60 * 24 * 3600 }; /* citizens can renew two months before the end */

void hufu_drivers_list(struct hufu_facts *facts)
{
    struct hufu_module_file files[HUFU_DOCTOR_DRIVERS];
    facts->driver_count = hufu_modules_list(files, HUFU_DOCTOR_DRIVERS);
    for (size_t i = 0; i < facts->driver_count; i++) {
        memcpy(facts->drivers[i].path, files[i].path, sizeof files[i].path);
        memcpy(facts->drivers[i].config, files[i].config, sizeof files[i].config);
        facts->drivers[i].missing = access(files[i].path, F_OK) != 0;
    }
}

/* --- looking --- */

/* "20261124140305+0800" */
static time_t moment(const struct hufu_certificate *certificate, enum hufu_time which)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 64};
    struct tm parts = {0};
    if (hufu_certificate_time(certificate, which, &text, NULL) != HUFU_OK ||
        !strptime(hufu_buf_text(&text), "%Y%m%d%H%M%S%z", &parts))
        return 0;
    long offset = parts.tm_gmtoff;
    return timegm(&parts) - offset;
}

static void take_certificate(struct hufu_driver_facts *facts,
                             const struct hufu_certificate *certificate)
{
    if (hufu_certificate_is_ca(certificate))
        return;
    time_t after = moment(certificate, HUFU_TIME_NOT_AFTER);
    if (facts->certificates++ && after <= facts->not_after)
        return;
    facts->not_after = after;
    facts->not_before = moment(certificate, HUFU_TIME_NOT_BEFORE);
}

/* Nothing here logs in: no try of a PIN is spent. */
static enum hufu_status look_at_card(struct hufu_driver_facts *facts, struct hufu_cards *cards,
                                     size_t index, const struct hufu_reader *reader,
                                     struct hufu_error *err)
{
    struct hufu_token *token = NULL;
    const struct hufu_card_certificate *list = NULL;
    size_t count = 0;
    facts->pin_locked |= reader->pin_locked;
    facts->pin_final |= reader->pin_final_try;
    facts->pin_low |= reader->pin_count_low;
    facts->pin_set |= reader->pin_set;
    facts->pin_wrong += (unsigned)hufu_tries_wrong(reader);
    facts->cards++;
    HUFU_TRY(hufu_token_open(cards, index, reader, &token, err));
    enum hufu_status status = hufu_token_certificates(token, &list, &count, err);
    for (size_t i = 0; status == HUFU_OK && i < count; i++)
        take_certificate(facts, list[i].certificate);
    hufu_token_release(token);
    return status;
}

static enum hufu_status look_at_readers(struct hufu_driver_facts *facts, struct hufu_cards *cards,
                                        struct hufu_error *err)
{
    size_t count = 0;
    HUFU_TRY(hufu_cards_count(cards, &count, err));
    facts->readers = (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        struct hufu_reader reader;
        HUFU_TRY(hufu_cards_reader(cards, i, &reader, err));
        if (reader.card_present && !reader.card_known)
            facts->unknown_card = true;
        if (reader.card_present && reader.card_known)
            HUFU_TRY(look_at_card(facts, cards, i, &reader, err));
    }
    return HUFU_OK;
}

void hufu_look_driver(void *into)
{
    struct hufu_driver_facts *facts = into;
    struct hufu_cards *cards = NULL;
    struct hufu_error err = {0};
    facts->guarded = facts->missing || hufu_file_is_guarded(facts->path);
    if (facts->missing || !facts->guarded)
        return;
    facts->stage = HUFU_DRIVER_LOADING;
    facts->failed = hufu_cards_open_one(facts->path, &cards, &err);
    if (facts->failed == HUFU_OK) {
        facts->stage = HUFU_DRIVER_USING;
        facts->failed = look_at_readers(facts, cards, &err);
    }
    snprintf(facts->reason, sizeof facts->reason, "%s", err.detail);
    facts->stage = HUFU_DRIVER_DONE; /* C_Finalize is left out: the process ends */
}

void hufu_driver_tame(struct hufu_driver_facts *driver)
{
    bool *flags[] = {&driver->guarded,   &driver->unknown_card, &driver->pin_locked,
                     &driver->pin_final, &driver->pin_low,      &driver->pin_set};
    driver->reason[sizeof driver->reason - 1] = 0;
    if ((unsigned)driver->stage >= HUFU_DRIVER_STAGE_COUNT)
        driver->stage = HUFU_DRIVER_UNTRIED;
    if ((unsigned)driver->failed >= HUFU_STATUS_COUNT)
        driver->failed = HUFU_E_COMPONENT;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        unsigned char byte = 0;
        memcpy(&byte, flags[i], 1);
        *flags[i] = byte != 0;
    }
}

/* --- judging: the modules --- */

static enum hufu_finding_kind judge_driver(const struct hufu_driver_facts *driver)
{
    if (driver->missing)
        return HUFU_FOUND_DRIVERS_MISSING;
    if (driver->signal)
        return HUFU_FOUND_DRIVERS_CRASH;
    if (!driver->in_time)
        return HUFU_FOUND_DRIVERS_HANG;
    if (!driver->guarded)
        return HUFU_FOUND_DRIVERS_OPEN;
    if (driver->stage != HUFU_DRIVER_DONE)
        return HUFU_FOUND_DRIVERS_CRASH; /* it ended the process itself */
    /* What fails once it works is the card's or the reader's affair. */
    return driver->failed == HUFU_E_NO_DRIVER ? HUFU_FOUND_DRIVERS_FAILED : HUFU_FOUND_DRIVERS_OK;
}

static void find_driver(const struct hufu_driver_facts *driver, enum hufu_finding_kind kind,
                        struct hufu_finding *finding)
{
    hufu_found(finding, kind);
    hufu_found_value(finding, "path", driver->path);
    hufu_found_value(finding, "config", driver->config);
    hufu_found_number(finding, "ms", driver->took_ms);
    hufu_found_value(finding, "reason", driver->reason[0] ? driver->reason : "?");
    hufu_found_value(finding, "signal", driver->signal ? strsignal(driver->signal) : "exit");
}

/* "opensc-pkcs11.so (41 ms)" */
static void list_drivers(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf names = {.max = HUFU_FINDING_VALUE_SIZE};
    for (size_t i = 0; i < facts->driver_count; i++) {
        const char *slash = strrchr(facts->drivers[i].path, '/');
        if (judge_driver(&facts->drivers[i]) == HUFU_FOUND_DRIVERS_OK)
            hufu_buf_printf(&names, "%s%s (%d ms)", names.len ? ", " : "",
                            slash ? slash + 1 : facts->drivers[i].path, facts->drivers[i].took_ms);
    }
    hufu_found(finding, names.len ? HUFU_FOUND_DRIVERS_OK : HUFU_FOUND_DRIVERS_NONE);
    hufu_found_value(finding, "drivers", hufu_buf_text(&names));
}

/* One that crashes or hangs does that to the worker with all the others; one that only fails costs
 * itself. */
static bool is_graver(enum hufu_finding_kind kind, const struct hufu_finding *than)
{
    struct hufu_finding one = {.kind = kind};
    return kind != HUFU_FOUND_DRIVERS_OK && hufu_finding_state(&one) > hufu_finding_state(than);
}

void hufu_judge_drivers(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    list_drivers(facts, finding);
    bool works = finding->kind == HUFU_FOUND_DRIVERS_OK;
    struct hufu_finding worst = {.kind = HUFU_FOUND_DRIVERS_OK};
    for (size_t i = 0; i < facts->driver_count; i++) {
        enum hufu_finding_kind kind = judge_driver(&facts->drivers[i]);
        if (is_graver(kind, &worst))
            find_driver(&facts->drivers[i], kind, &worst);
    }
    if (worst.kind != HUFU_FOUND_DRIVERS_OK &&
        (hufu_finding_state(&worst) == HUFU_STATE_TROUBLE || works || facts->driver_count))
        *finding = worst;
}

/* --- judging: the card --- */

/* The driver that knows a card; NULL when none does. */
static const struct hufu_driver_facts *with_card(const struct hufu_facts *facts)
{
    for (size_t i = 0; i < facts->driver_count; i++)
        if (facts->drivers[i].cards > 0)
            return &facts->drivers[i];
    return NULL;
}

static bool any_unknown(const struct hufu_facts *facts)
{
    for (size_t i = 0; i < facts->driver_count; i++)
        if (facts->drivers[i].unknown_card)
            return true;
    return false;
}

static enum hufu_finding_kind judge_pcsc_card(const struct hufu_facts *facts)
{
    enum hufu_finding_kind kind = HUFU_FOUND_CARD_NONE;
    const struct hufu_pcsc_state *pcsc = &facts->readers.pcsc;
    for (size_t i = 0; i < pcsc->count && i < HUFU_PCSC_READERS_MAX; i++) {
        if (pcsc->readers[i].mute)
            return HUFU_FOUND_CARD_MUTE;
        if (pcsc->readers[i].card_present)
            kind = HUFU_FOUND_CARD_UNKNOWN;
    }
    return kind == HUFU_FOUND_CARD_NONE && any_unknown(facts) ? HUFU_FOUND_CARD_UNKNOWN : kind;
}

void hufu_judge_card(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    hufu_found(finding, with_card(facts) ? HUFU_FOUND_CARD_OK : judge_pcsc_card(facts));
    if (finding->kind == HUFU_FOUND_CARD_NONE && facts->readers.pcsc.count == 0)
        hufu_found(finding, HUFU_FOUND_NOTHING); /* without a reader */
}

void hufu_judge_certificates(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_driver_facts *driver = with_card(facts);
    time_t now = facts->clock.now;
    if (!driver)
        return;
    if (driver->certificates == 0)
        hufu_found(finding, HUFU_FOUND_CERTIFICATES_NONE);
    else if (driver->not_after <= now)
        hufu_found(finding, HUFU_FOUND_CERTIFICATES_ENDED);
    else if (driver->not_before > now)
        hufu_found(finding, HUFU_FOUND_CERTIFICATES_EARLY);
    else
        hufu_found(finding, driver->not_after <= now + SOON_S ? HUFU_FOUND_CERTIFICATES_SOON
                                                              : HUFU_FOUND_CERTIFICATES_OK);
    hufu_found_number(finding, "count", (long)driver->certificates);
    hufu_found_day(finding, "date",
                   finding->kind == HUFU_FOUND_CERTIFICATES_EARLY ? driver->not_before
                                                                  : driver->not_after);
    hufu_found_day(finding, "now", now);
}

void hufu_judge_pin(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_driver_facts *driver = with_card(facts);
    if (!driver)
        return;
    if (driver->pin_locked)
        hufu_found(finding, HUFU_FOUND_PIN_LOCKED);
    else if (!driver->pin_set)
        hufu_found(finding, HUFU_FOUND_PIN_NOT_SET);
    else if (driver->pin_final)
        hufu_found(finding, HUFU_FOUND_PIN_FINAL);
    else if (driver->pin_low)
        hufu_found(finding, HUFU_FOUND_PIN_LOW);
    else
        hufu_found(finding, driver->pin_wrong ? HUFU_FOUND_PIN_COUNTED : HUFU_FOUND_PIN_OK);
    hufu_found_number(finding, "count", (long)driver->pin_wrong);
}
