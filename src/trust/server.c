#include "trust/server.h"

#include "base/clock.h"
#include "trust/holder.h"
#include "wire/running.h"

#include <string.h>

static bool is_leaf(const char *sha256, const struct hufu_store_order *order)
{
    char leaf[HUFU_SHA256_SIZE];
    for (size_t i = 0; i < order->leaf_count; i++)
        if (hufu_sha256(order->leaves[i], leaf) && strcmp(leaf, sha256) == 0)
            return true;
    return false;
}

static enum hufu_server_state judge(const struct hufu_probe *probe,
                                    const struct hufu_store_order *order)
{
    if (!probe->answered)
        return HUFU_SERVER_ABSENT;
    if (is_leaf(probe->sha256, order))
        return HUFU_SERVER_CURRENT;
    return strstr(order->ours, probe->sha256) ? HUFU_SERVER_OUTDATED : HUFU_SERVER_STRANGE;
}

/* Keeps the best that was found. */
static void ask(uint16_t port, const struct hufu_store_order *order, struct hufu_server *server)
{
    struct hufu_probe probe;
    if (hufu_probe(port, NULL, &probe, NULL) != HUFU_OK)
        return;
    enum hufu_server_state state = judge(&probe, order);
    if (state <= server->state)
        return;
    *server = (struct hufu_server){.state = state, .port = port};
    memcpy(server->sha256, probe.sha256, sizeof server->sha256);
}

void hufu_server_find(const struct hufu_store_order *order, struct hufu_server *ret_server)
{
    struct hufu_server server = {.state = HUFU_SERVER_ABSENT};
    struct hufu_ports ports;
    int64_t end_ms = hufu_clock_ms() + HUFU_PROBE_MS;
    hufu_ports_read(&ports);
    for (size_t i = 0;
         i < ports.count && server.state < HUFU_SERVER_OUTDATED && hufu_clock_ms() < end_ms; i++)
        ask(ports.items[i], order, &server);
    *ret_server = server;
}

static bool still_runs(const struct hufu_refusal *refusal)
{
    struct hufu_process process;
    return hufu_process_look(refusal->pid, &process) && process.started == refusal->started;
}

bool hufu_server_is_refused(const char *sha256, const char *folder)
{
    struct hufu_refusals refusals;
    hufu_refusals_read(&refusals);
    for (size_t i = 0; i < refusals.count; i++)
        if (strcmp(refusals.items[i].sha256, sha256) == 0 && still_runs(&refusals.items[i]) &&
            hufu_holder_is(refusals.items[i].pid, folder))
            return true;
    return false;
}
