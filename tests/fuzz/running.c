#include "wire/running.h"

#include "home.h"
#include "wire/pages.h"

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

static void check_pages(void)
{
    struct hufu_pages pages;
    hufu_pages_read(&pages);
    require(pages.count <= HUFU_PAGES_MAX);
    for (size_t i = 0; i < pages.count; i++)
        require(pages.items[i].port > 0 && pages.items[i].pid > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (home_make())
        home_folder(state);
    home_write(".local/state/hufu/ports", data, len);
    home_write(".local/state/hufu/refusals", data, len);
    home_write(".local/state/hufu/pages", data, len);
    check_ports();
    check_refusals();
    check_pages();
    return 0;
}
