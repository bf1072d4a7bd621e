#include "wire/running.h"
#include "wire/problems.h"

#include "home.h"

#include <string.h>

static const char state[] = ".local/state/hufu";

/* What is read once is written and read again the same. */
static void check_ports(void)
{
    struct hufu_ports ports;
    struct hufu_ports again;
    hufu_ports_read(&ports);
    require(ports.count <= HUFU_PORTS_MAX);
    for (size_t i = 0; i < ports.count; i++)
        require(ports.items[i] > 0);
    require(hufu_ports_write(&ports) == 0);
    hufu_ports_read(&again);
    require(again.count == ports.count);
    require(memcmp(again.items, ports.items, ports.count * sizeof ports.items[0]) == 0);
}

static void check_refusals(void)
{
    struct hufu_refusals refusals;
    struct hufu_refusals again;
    hufu_refusals_read(&refusals);
    require(refusals.count <= HUFU_REFUSED_MAX);
    require(hufu_refusals_write(&refusals) == 0);
    hufu_refusals_read(&again);
    require(again.count == refusals.count);
    for (size_t i = 0; i < again.count; i++) {
        require(again.items[i].pid > 0 && again.items[i].pid == refusals.items[i].pid);
        require(again.items[i].started == refusals.items[i].started);
        require(strcmp(again.items[i].sha256, refusals.items[i].sha256) == 0);
    }
}

/* Whatever stands there, it is a hufud or nobody; here it is nobody. */
static void check_process(void)
{
    struct hufu_process process;
    require(!hufu_running_read(&process));
}

static void check_problems(void)
{
    static struct hufu_problems problems;
    static struct hufu_problems again;
    hufu_problems_read(&problems);
    require(problems.count <= HUFU_PROBLEMS_MAX);
    require(hufu_problems_write(&problems) == 0);
    hufu_problems_read(&again);
    require(again.count == problems.count);
    for (size_t i = 0; i < again.count; i++) {
        require(again.items[i].line == problems.items[i].line);
        require(again.items[i].expected == problems.items[i].expected);
        require(strcmp(again.items[i].file, problems.items[i].file) == 0);
        require(strcmp(again.items[i].other, problems.items[i].other) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (home_make())
        home_folder(state);
    home_write(".local/state/hufu/ports", data, len);
    home_write(".local/state/hufu/refusals", data, len);
    home_write(".local/state/hufu/process", data, len);
    home_write(".local/state/hufu/problems", data, len);
    check_ports();
    check_refusals();
    check_process();
    check_problems();
    return 0;
}
