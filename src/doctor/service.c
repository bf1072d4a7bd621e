/* hufud itself: whether it runs, on which ports, and who has them instead. */
#include "base/peer.h"
#include "crypto/probe.h"
#include "doctor/products.h"
#include "doctor/reach.h"
#include "trust/record.h"
#include "wire/running.h"

#include "base/cleanup.h"
#include "base/dispatch.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 12 }; /* a firewall rarely knows one of many ports */

static const char program[] = "hufud";
static const char starter[] = "systemd"; /* the user's own, which holds the ports for hufud */

static void name_user(uid_t uid, char *ret_name, size_t size)
{
    const struct passwd *user = getpwuid(uid);
    if (user)
        snprintf(ret_name, size, "%s", user->pw_name);
    else
        snprintf(ret_name, size, "%u", (unsigned)uid);
}

static bool is_told(const struct hufu_ports *told, uint16_t port)
{
    for (size_t i = 0; i < told->count; i++)
        if (told->items[i] == port)
            return true;
    return false;
}

/* A confined hufud hides its descriptors from its own user: a port that it says it has and whose
 * holder cannot be seen is its. */
static bool is_hufu(const struct hufu_service_facts *facts, const struct hufu_port_facts *port,
                    const struct hufu_ports *told)
{
    if (port->process.pid)
        return strcmp(port->process.name, program) == 0 || strcmp(port->process.name, starter) == 0;
    return facts->runs && is_told(told, port->port);
}

/* Held by root for everybody; its dispatcher hands each connection to its user's hufud. */
static bool is_dispatched(uid_t holder)
{
    struct stat info;
    return holder == 0 && geteuid() != 0 && lstat(HUFU_DISPATCH_MARK, &info) == 0 &&
           S_ISDIR(info.st_mode) && info.st_uid == 0;
}

static void look_at_port(struct hufu_service_facts *facts, struct hufu_port_facts *port,
                         const struct hufu_ports *told)
{
    struct hufu_port_holder holder;
    port->held = hufu_port_holder(AF_INET, port->port, &holder) ||
                 hufu_port_holder(AF_INET6, port->port, &holder);
    if (!port->held)
        return;
    port->is_ours = holder.uid == geteuid();
    name_user(holder.uid, port->user, sizeof port->user);
    if (!hufu_process_of_socket(holder.inode, &port->process))
        port->process.pid = 0;
    bool dispatched = is_dispatched(holder.uid);
    port->by_hufu = dispatched || (port->is_ours && is_hufu(facts, port, told));
    facts->held_for_it |= dispatched || (port->by_hufu && strcmp(port->process.name, starter) == 0);
}

static void look_at_ports(struct hufu_service_facts *facts, const struct hufu_products *products,
                          const struct hufu_ports *told)
{
    for (size_t i = 0; i < products->count; i++) {
        snprintf(facts->products[i], sizeof facts->products[i], "%s", products->items[i].name);
        for (size_t n = 0; n < HUFU_PRODUCT_PORTS; n++) {
            struct hufu_port_facts *port = &facts->ports[facts->port_count];
            if (!products->items[i].ports[n] || facts->port_count == HUFU_DOCTOR_PORTS)
                continue;
            *port = (struct hufu_port_facts){.port = products->items[i].ports[n],
                                             .product = (uint16_t)i};
            facts->port_count++;
            look_at_port(facts, port, told);
        }
    }
}

/* --- whether it answers --- */

static bool is_given(const char *sha256)
{
    HUFU_AUTO(hufu_record_done) struct hufu_record record = {0};
    return hufu_record_read(&record, NULL) == HUFU_OK &&
           strstr(hufu_buf_text(&record.given), sha256);
}

/* Connects to each of hufud's ports, until one is out of reach; how many are connected. */
static size_t connect_all(struct hufu_service_facts *facts, int fds[CONNECTIONS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < facts->port_count && count < CONNECTIONS_MAX; i++) {
        struct hufu_port_facts *port = &facts->ports[i];
        if (!port->by_hufu)
            continue;
        facts->asked = facts->asked ? facts->asked : port->port;
        port->reach = hufu_reach(AF_INET, port->port, &fds[count]);
        if (port->reach != HUFU_REACHED)
            break; /* each would take its time */
        count++;
    }
    return count;
}

/* A connection would start a hufud that waits for its first page: looking starts nothing. The
 * connections stay open until hufud has seen whose they are: of what is closed before, it tells. */
static void ask(struct hufu_service_facts *facts)
{
    int fds[CONNECTIONS_MAX];
    struct hufu_probe probe = {0};
    size_t count = connect_all(facts, fds);
    if (count && hufu_probe(facts->asked, NULL, &probe, NULL) == HUFU_OK) {
        facts->answered = probe.answered;
        facts->ours = probe.answered && is_given(probe.sha256);
    }
    while (count > 0)
        close(fds[--count]);
}

void hufu_look_service(void *into)
{
    struct hufu_service_facts *facts = into;
    struct hufu_products products;
    struct hufu_ports told;
    (void)hufu_products_read(&products, NULL);
    hufu_ports_read(&told);
    facts->told = told.count;
    facts->runs = hufu_running_read(&facts->process);
    look_at_ports(facts, &products, &told);
    facts->looked = true; /* a firewall or a hufud that hangs may take what follows its time */
    if (facts->runs || !facts->held_for_it)
        ask(facts);
}

/* --- judging --- */

static bool is_foreign(const struct hufu_port_facts *port)
{
    return port->held && !port->by_hufu;
}

static bool all_foreign(const struct hufu_service_facts *facts, uint16_t product)
{
    for (size_t i = 0; i < facts->port_count; i++)
        if (facts->ports[i].product == product && !is_foreign(&facts->ports[i]))
            return false;
    return true;
}

static void find_holder(const struct hufu_service_facts *facts, const struct hufu_port_facts *port,
                        struct hufu_finding *finding)
{
    bool taken = all_foreign(facts, port->product);
    bool seen = port->process.pid != 0;
    if (taken)
        hufu_found(finding, seen ? HUFU_FOUND_PORTS_TAKEN : HUFU_FOUND_PORTS_TAKEN_BY);
    else
        hufu_found(finding, seen ? HUFU_FOUND_PORTS_PASSED : HUFU_FOUND_PORTS_PASSED_BY);
    hufu_found_number(finding, "port", port->port);
    hufu_found_value(finding, "product", facts->products[port->product]);
    hufu_found_value(finding, "user", port->user);
    if (seen)
        hufu_found_process(finding, &port->process);
}

void hufu_judge_ports(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_service_facts *service = &facts->service;
    hufu_found(finding, service->looked ? HUFU_FOUND_PORTS_OK : HUFU_FOUND_UNANSWERED);
    for (size_t i = 0; i < service->port_count; i++) {
        const struct hufu_port_facts *port = &service->ports[i];
        if (!is_foreign(port) || hufu_finding_state(finding) == HUFU_STATE_TROUBLE)
            continue;
        if (finding->kind == HUFU_FOUND_PORTS_OK || all_foreign(service, port->product))
            find_holder(service, port, finding);
    }
}

/* Since its program was replaced; a clock that was set may say so for a moment too. */
static bool is_old(const struct hufu_facts *facts)
{
    time_t since = hufu_process_since(&facts->service.process);
    return since && facts->program.programs[0].installed > since + 1;
}

void hufu_judge_service(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_service_facts *service = &facts->service;
    if (!service->looked)
        hufu_found(finding, HUFU_FOUND_UNANSWERED);
    else if (!service->runs)
        hufu_found(finding,
                   service->held_for_it ? HUFU_FOUND_SERVICE_WAITING : HUFU_FOUND_SERVICE_ABSENT);
    else if (!service->asked)
        hufu_found(finding, HUFU_FOUND_SERVICE_DEAF);
    else if (!service->answered)
        hufu_found(finding, HUFU_FOUND_SERVICE_SILENT);
    else if (!service->ours)
        hufu_found(finding, HUFU_FOUND_SERVICE_STRANGE);
    else
        hufu_found(finding, is_old(facts) ? HUFU_FOUND_SERVICE_OLD : HUFU_FOUND_SERVICE_OK);
    if (service->asked)
        hufu_found_number(finding, "port", service->asked);
    if (service->runs)
        hufu_found_number(finding, "pid", service->process.pid);
}
