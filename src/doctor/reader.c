/* pcscd, the readers, and programs that keep a card to themselves. */
#include "doctor/facts.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

HUFU_DEFINE_AUTO(DIR *, closedir)
HUFU_DEFINE_AUTO(struct hufu_pcsc *, hufu_pcsc_free)

/* --- looking --- */

/* USB's class of smart card readers (CCID). */
static bool is_reader(const char *name)
{
    char path[sizeof "/sys/bus/usb/devices//bInterfaceClass" + 256];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 4096};
    int len = snprintf(path, sizeof path, "/sys/bus/usb/devices/%s/bInterfaceClass", name);
    return len > 0 && (size_t)len < sizeof path && hufu_file_read(path, &text) == 0 &&
           strncmp(hufu_buf_text(&text), "0b", 2) == 0;
}

static unsigned count_usb(void)
{
    unsigned count = 0;
    HUFU_AUTO(closedir_auto) DIR *devices = opendir("/sys/bus/usb/devices");
    for (const struct dirent *entry = NULL; devices && (entry = readdir(devices));)
        count += is_reader(entry->d_name);
    return count;
}

void hufu_look_readers(void *into)
{
    struct hufu_reader_facts *facts = into;
    HUFU_AUTO(hufu_pcsc_free_auto) struct hufu_pcsc *pcsc = hufu_pcsc_new(HUFU_PCSC_DEADLINE_MS);
    facts->usb = count_usb();
    if (!hufu_pcsc_taker(&facts->taker))
        facts->taker.pid = 0;
    if (!pcsc)
        return;
    hufu_pcsc_look(pcsc, &facts->pcsc);
    facts->looked = true;
}

/* --- judging --- */

/* A card that does without pcscd, such as one in software. */
static bool has_card_without(const struct hufu_facts *facts)
{
    for (size_t i = 0; i < facts->driver_count; i++)
        if (facts->drivers[i].cards > 0)
            return true;
    return false;
}

void hufu_judge_pcscd(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    static const struct {
        enum hufu_finding_kind without_reader, with_reader;
    } kinds[HUFU_PCSC_SERVICE_COUNT] = {
        [HUFU_PCSC_RUNNING] = {HUFU_FOUND_PCSCD_OK, HUFU_FOUND_PCSCD_OK},
        [HUFU_PCSC_MISSING] = {HUFU_FOUND_PCSCD_MISSING, HUFU_FOUND_PCSCD_MISSING_FOR},
        [HUFU_PCSC_ABSENT] = {HUFU_FOUND_PCSCD_STOPPED, HUFU_FOUND_PCSCD_STOPPED_FOR},
        [HUFU_PCSC_REFUSED] = {HUFU_FOUND_PCSCD_REFUSED, HUFU_FOUND_PCSCD_REFUSED},
        [HUFU_PCSC_VERSION] = {HUFU_FOUND_PCSCD_VERSION, HUFU_FOUND_PCSCD_VERSION},
        [HUFU_PCSC_SILENT] = {HUFU_FOUND_PCSCD_SILENT, HUFU_FOUND_PCSCD_SILENT},
        [HUFU_PCSC_OTHER] = {HUFU_FOUND_PCSCD_SILENT, HUFU_FOUND_PCSCD_SILENT},
    };
    const struct hufu_reader_facts *readers = &facts->readers;
    enum hufu_pcsc_service service = readers->pcsc.service;
    if (!readers->looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (service != HUFU_PCSC_RUNNING && !readers->usb && has_card_without(facts))
        hufu_found(finding, HUFU_FOUND_PCSCD_UNUSED);
    else
        hufu_found(finding,
                   readers->usb ? kinds[service].with_reader : kinds[service].without_reader);
}

static void find_readers(const struct hufu_pcsc_state *pcsc, bool broken,
                         struct hufu_finding *finding)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf names = {.max = HUFU_FINDING_VALUE_SIZE};
    for (size_t i = 0; i < pcsc->count; i++)
        if (!broken || pcsc->readers[i].unavailable)
            hufu_buf_printf(&names, "%s%s", names.len ? ", " : "", pcsc->readers[i].name);
    hufu_found(finding, broken ? HUFU_FOUND_READERS_BROKEN : HUFU_FOUND_READERS_OK);
    hufu_found_value(finding, "readers", hufu_buf_text(&names));
}

static bool any_broken(const struct hufu_pcsc_state *pcsc)
{
    for (size_t i = 0; i < pcsc->count; i++)
        if (pcsc->readers[i].unavailable)
            return true;
    return false;
}

void hufu_judge_readers(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_reader_facts *readers = &facts->readers;
    if (!readers->looked || readers->pcsc.service != HUFU_PCSC_RUNNING)
        return;
    if (readers->pcsc.count > 0) {
        find_readers(&readers->pcsc, any_broken(&readers->pcsc), finding);
    } else if (readers->usb && readers->taker.pid) {
        hufu_found(finding, HUFU_FOUND_READERS_TAKEN);
        hufu_found_process(finding, &readers->taker);
    } else {
        hufu_found(finding, readers->usb ? HUFU_FOUND_READERS_DRIVER : HUFU_FOUND_READERS_NONE);
    }
}

void hufu_judge_held(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_pcsc_state *pcsc = &facts->readers.pcsc;
    if (!facts->readers.looked || pcsc->service != HUFU_PCSC_RUNNING)
        return;
    hufu_found(finding, HUFU_FOUND_HELD_OK);
    for (size_t i = 0; i < pcsc->count; i++) {
        if (!pcsc->readers[i].exclusive)
            continue;
        hufu_found(finding, pcsc->taker.pid ? HUFU_FOUND_HELD_SCDAEMON : HUFU_FOUND_HELD_UNKNOWN);
        if (pcsc->taker.pid)
            hufu_found_process(finding, &pcsc->taker);
        return;
    }
}
