#include "wire/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scheme {
    const char *prefix;
    const char *default_port;
};

static const struct scheme schemes[] = {
    {.prefix = "https://", .default_port = "443"},
    {.prefix = "http://", .default_port = "80"},
};

static const struct scheme *scheme_of(const char *text)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            return &schemes[i];
    return NULL;
}

/* Labels of letters, digits, hyphens and underscores, none empty; or an IPv6 address in brackets.
 */
static bool host_valid(const char *host, size_t len)
{
    if (len > 2 && host[0] == '[' && host[len - 1] == ']')
        return strspn(host + 1, "0123456789abcdef:.") == len - 2;
    if (len == 0 || host[0] == '.' || host[len - 1] == '.' || memmem(host, len, "..", 2))
        return false;
    return strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len;
}

static bool port_valid(const char *port, const char *default_port)
{
    size_t len = strlen(port);
    return len > 0 && len <= 5 && strspn(port, "0123456789") == len && port[0] != '0' &&
           strtol(port, NULL, 10) <= UINT16_MAX && strcmp(port, default_port) != 0;
}

bool hufu_origin_valid(const char *text)
{
    const struct scheme *scheme = strlen(text) <= HUFU_ORIGIN_MAX ? scheme_of(text) : NULL;
    if (!scheme)
        return false;
    const char *host = text + strlen(scheme->prefix);
    const char *bracket = strchr(host, ']');
    const char *colon = strchr(bracket ? bracket : host, ':');
    size_t host_len = colon ? (size_t)(colon - host) : strlen(host);
    return host_valid(host, host_len) && (!colon || port_valid(colon + 1, scheme->default_port));
}

/* What follows the name of loopback: ":port" or nothing. NULL when it is another name. */
static const char *behind_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = strlen(names[i]);
        if (strncmp(host, names[i], len) == 0 && (host[len] == ':' || host[len] == 0))
            return host + len;
    }
    return NULL;
}

bool hufu_host_is_loopback(const char *host, uint16_t port)
{
    char expected[8];
    snprintf(expected, sizeof expected, ":%u", port);
    const char *rest = behind_loopback(host);
    return rest && strcmp(rest, expected) == 0;
}

bool hufu_host_is_loopback_elsewhere(const char *host)
{
    const char *rest = behind_loopback(host);
    return rest && (rest[0] == 0 || port_valid(rest + 1, "443"));
}
