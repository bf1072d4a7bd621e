/* A connection over loopback, both ends in this process. */
#ifndef HUFU_TESTS_CONNECTION_H
#define HUFU_TESTS_CONNECTION_H

#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    int listener;
    int client;
    int accepted;
};

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static inline socklen_t address_len(const union address *address)
{
    return address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;
}

static inline union address loopback(int family, const char *text)
{
    union address address = {.any = {.sa_family = (sa_family_t)family}};
    void *bytes = family == AF_INET ? (void *)&address.v4.sin_addr : &address.v6.sin6_addr;
    assert_int_equal(inet_pton(family, text, bytes), 1);
    return address;
}

/* Listens on `address`, on any port, which is written back; false when this machine lacks it. */
static inline bool start_listening(union address *address, int *ret_listener)
{
    socklen_t len = address_len(address);
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (bind(fd, &address->any, len)) {
        close(fd);
        return false;
    }
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, &address->any, &len), 0);
    *ret_listener = fd;
    return true;
}

static inline void finish(const struct connection *connection)
{
    close(connection->accepted);
    close(connection->client);
    close(connection->listener);
}

#endif
