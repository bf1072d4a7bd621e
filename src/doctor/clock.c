/* Whether the wall clock can be right: certificates live by it. */
#include "doctor/facts.h"

#include "base/path.h"

#include <stdio.h>
#include <sys/stat.h>

enum {
    FIRST_YEAR = 2026, /* in which hufu was first built */
    LAST_YEAR = 2090,  /* a clock that lost its battery, or its mind */
    TOLERANCE_S = 24 * 3600,
};

static int year_of(time_t when)
{
    struct tm parts;
    return gmtime_r(&when, &parts) ? parts.tm_year + 1900 : 0;
}

/* What was written while the clock was ahead says nothing of now. */
static void take_newest(struct hufu_clock_facts *facts, const char *path)
{
    struct stat info;
    if (stat(path, &info) || info.st_mtime <= facts->newest || year_of(info.st_mtime) > LAST_YEAR)
        return;
    facts->newest = info.st_mtime;
    snprintf(facts->newest_path, sizeof facts->newest_path, "%s", path);
}

void hufu_look_clock(void *into)
{
    static const char *const of_system[] = {"/etc/ld.so.cache", "/var/lib/dpkg/status"};
    static const char *const of_state[] = {"use.log", "ports", "sites.ini"};
    struct hufu_clock_facts *facts = into;
    char folder[PATH_MAX];
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof of_system / sizeof of_system[0]; i++)
        take_newest(facts, of_system[i]);
    for (size_t i = 0; hufu_path_state(folder) && i < sizeof of_state / sizeof of_state[0]; i++)
        if (hufu_path_join(path, folder, of_state[i]))
            take_newest(facts, path);
    if (hufu_path_data(folder) && hufu_path_join(path, folder, "tls/leaf.pem"))
        take_newest(facts, path);
    facts->now = time(NULL);
    facts->looked = true;
}

void hufu_judge_clock(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_clock_facts *clock = &facts->clock;
    int year = year_of(clock->now);
    if (!clock->looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (year < FIRST_YEAR || year > LAST_YEAR)
        hufu_found(finding, HUFU_FOUND_CLOCK_WRONG);
    else if (clock->newest > clock->now + TOLERANCE_S)
        hufu_found(finding, HUFU_FOUND_CLOCK_BEHIND);
    else
        hufu_found(finding, HUFU_FOUND_CLOCK_OK);
    hufu_found_day(finding, "date", clock->now);
    if (finding->kind != HUFU_FOUND_CLOCK_BEHIND)
        return;
    hufu_found_day(finding, "later", clock->newest);
    hufu_found_value(finding, "path", clock->newest_path);
}
