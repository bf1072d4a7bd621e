/* What can stand between a browser and hufud inside one computer: a firewall, a proxy. */
#include "doctor/reach.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "trust/policy_places.h"
#include "trust/stores.h"

#include <dirent.h>
#include <errno.h>
#include <linux/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

HUFU_DEFINE_AUTO(DIR *, closedir)

enum {
    PREFERENCES_MAX = 8 * 1024 * 1024, /* prefs.js of years has some hundred KiB */
    POLICY_MAX = 1024 * 1024,
    REACH_MS = 700, /* inside one computer a connection takes microseconds */
};

/* --- connections --- */

static socklen_t address_of(int family, uint16_t port, struct sockaddr_storage *ret_address)
{
    *ret_address = (struct sockaddr_storage){.ss_family = (sa_family_t)family};
    struct sockaddr_in *v4 = (void *)ret_address;
    struct sockaddr_in6 *v6 = (void *)ret_address;
    if (family == AF_INET) {
        v4->sin_port = htons(port);
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return sizeof *v4;
    }
    v6->sin6_port = htons(port);
    v6->sin6_addr = in6addr_loopback;
    return sizeof *v6;
}

static int wait_for_connection(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    int problem = 0;
    socklen_t len = sizeof problem;
    if (TEMP_FAILURE_RETRY(poll(&poll_fd, 1, REACH_MS)) != 1)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &len) ? errno : problem;
}

enum hufu_reach hufu_reach(int family, uint16_t port, int *ret_fd)
{
    struct sockaddr_storage address;
    socklen_t len = address_of(family, port, &address);
    HUFU_AUTO(hufu_close) int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int problem = 0;
    if (fd < 0)
        return HUFU_NO_ADDRESS;
    if (connect(fd, (const struct sockaddr *)&address, len))
        problem = errno == EINPROGRESS ? wait_for_connection(fd) : errno;
    if (problem == ETIMEDOUT)
        return HUFU_DROPPED;
    if (problem)
        return HUFU_REFUSED;
    *ret_fd = fd;
    fd = -1;
    return HUFU_REACHED;
}

static bool is_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    HUFU_AUTO(hufu_close) int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) || request.ifr_flags & IFF_UP;
}

/* With a listener of our own, whoever is refused was refused by the system. */
static enum hufu_reach reach_own(int family)
{
    struct sockaddr_storage address;
    socklen_t len = address_of(family, 0, &address);
    HUFU_AUTO(hufu_close) int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, len) || listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)&address, &len))
        return HUFU_NO_ADDRESS;
    const struct sockaddr_in *v4 = (const void *)&address;
    const struct sockaddr_in6 *v6 = (const void *)&address;
    HUFU_AUTO(hufu_close) int client = -1;
    return hufu_reach(family, ntohs(family == AF_INET ? v4->sin_port : v6->sin6_port), &client);
}

void hufu_look_loopback(void *into)
{
    struct hufu_loopback_facts *facts = into;
    facts->own[0] = is_up() ? reach_own(AF_INET) : HUFU_NO_INTERFACE;
    facts->own[1] = is_up() ? reach_own(AF_INET6) : HUFU_NO_INTERFACE;
    facts->looked = true;
}

/* Without 127.0.0.1 there is nothing; a computer may have no IPv6. */
void hufu_judge_loopback(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    static const char *const addresses[] = {"127.0.0.1", "::1"};
    const struct hufu_loopback_facts *loopback = &facts->loopback;
    hufu_found(finding, loopback->looked ? HUFU_FOUND_LOOPBACK_OK : HUFU_FOUND_UNANSWERED);
    if (loopback->own[0] == HUFU_NO_ADDRESS || loopback->own[0] == HUFU_NO_INTERFACE)
        hufu_found(finding, HUFU_FOUND_LOOPBACK_DOWN);
    for (int i = 1; i >= 0; i--)
        if (loopback->own[i] == HUFU_REFUSED || loopback->own[i] == HUFU_DROPPED) {
            hufu_found(finding, HUFU_FOUND_LOOPBACK_BLOCKED);
            hufu_found_value(finding, "address", addresses[i]);
        }
    for (size_t i = 0; loopback->looked && i < facts->service.port_count; i++) {
        const struct hufu_port_facts *port = &facts->service.ports[i];
        if (finding->kind != HUFU_FOUND_LOOPBACK_OK || !port->by_hufu ||
            (port->reach != HUFU_REFUSED && port->reach != HUFU_DROPPED))
            continue;
        hufu_found(finding, HUFU_FOUND_LOOPBACK_PORT);
        hufu_found_number(finding, "port", port->port);
        hufu_found_value(finding, "address", "127.0.0.1");
    }
}

/* --- proxies --- */

/* Chromium and Firefox pass a proxy by for localhost, whoever sets it; each can be told not to. */
static const char takes_localhost[] = "<-loopback>";

static void look_at_variables(struct hufu_proxy_facts *facts)
{
    static const char *const setting[] = {"http_proxy", "https_proxy", "all_proxy",
                                          "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
    static const char *const listing[] = {"no_proxy", "NO_PROXY"};
    for (size_t i = 0; i < sizeof setting / sizeof setting[0]; i++) {
        const char *value = getenv(setting[i]);
        if (value && value[0])
            snprintf(facts->set, sizeof facts->set, "%s", setting[i]);
    }
    for (size_t i = 0; facts->set[0] && i < sizeof listing / sizeof listing[0]; i++) {
        const char *value = getenv(listing[i]);
        if (value && strstr(value, takes_localhost))
            snprintf(facts->list, sizeof facts->list, "%s", listing[i]);
    }
}

static bool holds(const char *path, size_t max, const char *word)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = max};
    return hufu_file_read(path, &text) == 0 && text.data && strstr(hufu_buf_text(&text), word);
}

static void look_at_policies(struct hufu_proxy_facts *facts)
{
    for (size_t i = 0; i < HUFU_POLICY_PLACES && !facts->policy[0]; i++) {
        char folder[PATH_MAX];
        char path[PATH_MAX];
        if (hufu_policy_places[i].format != HUFU_POLICY_CHROMIUM ||
            !hufu_policy_place_file(&hufu_policy_places[i], "", folder))
            continue;
        *strrchr(folder, '/') = 0;
        HUFU_AUTO(closedir_auto) DIR *entries = opendir(folder);
        for (const struct dirent *entry = NULL; entries && (entry = readdir(entries));)
            if (hufu_path_join(path, folder, entry->d_name) &&
                holds(path, POLICY_MAX, takes_localhost))
                memcpy(facts->policy, path, sizeof facts->policy);
    }
}

/* Firefox writes one line for each setting that is not as it comes. */
static bool hijacks_localhost(const char *path)
{
    static const char hijack[] = "user_pref(\"network.proxy.allow_hijacking_localhost\", true);";
    static const char *const types[] = {"1", "2", "4"}; /* by hand, by a script, found out */
    char line[64];
    if (!holds(path, PREFERENCES_MAX, hijack))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        snprintf(line, sizeof line, "user_pref(\"network.proxy.type\", %s);", types[i]);
        if (holds(path, PREFERENCES_MAX, line))
            return true;
    }
    return false;
}

static void look_at_firefox(struct hufu_proxy_facts *facts)
{
    HUFU_AUTO(hufu_stores_done) struct hufu_stores stores = {0};
    if (hufu_stores_find(&stores, NULL) != HUFU_OK)
        return;
    for (size_t i = 0; i < stores.count && !facts->firefox[0]; i++) {
        char path[PATH_MAX];
        if (strcmp(stores.items[i].kind, "firefox") == 0 &&
            stores.items[i].answer.state != HUFU_TRUST_REFUSED &&
            hufu_path_join(path, stores.items[i].path, "prefs.js") && hijacks_localhost(path))
            memcpy(facts->firefox, path, sizeof facts->firefox);
    }
}

void hufu_look_proxy(void *into)
{
    struct hufu_proxy_facts *facts = into;
    look_at_variables(facts);
    look_at_policies(facts);
    look_at_firefox(facts);
    facts->looked = true;
}

void hufu_judge_proxy(const struct hufu_facts *facts, struct hufu_finding *finding)
{
    const struct hufu_proxy_facts *proxy = &facts->proxy;
    const struct {
        const char *value, *name;
        enum hufu_finding_kind kind;
    } findings[] = {
        {proxy->policy, "path", HUFU_FOUND_PROXY_POLICY},
        {proxy->firefox, "path", HUFU_FOUND_PROXY_FIREFOX},
        {proxy->list, "variable", HUFU_FOUND_PROXY_LIST},
        {proxy->set, "variable", HUFU_FOUND_PROXY_SET},
    };
    hufu_found(finding, proxy->looked ? HUFU_FOUND_PROXY_OK : HUFU_FOUND_UNANSWERED);
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
        if (findings[i].value[0]) {
            hufu_found(finding, findings[i].kind);
            hufu_found_value(finding, findings[i].name, findings[i].value);
            return;
        }
}
