#include "unit.h"

#include "base/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* A connection over loopback. */
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

static socklen_t address_len(const union address *address)
{
    return address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;
}

static union address loopback(int family, const char *text)
{
    union address address = {.any = {.sa_family = (sa_family_t)family}};
    void *bytes = family == AF_INET ? (void *)&address.v4.sin_addr : &address.v6.sin6_addr;
    assert_int_equal(inet_pton(family, text, bytes), 1);
    return address;
}

/* Listens on `address`, on any port, which is written back; false when this machine lacks it. */
static bool start_listening(union address *address, int *ret_listener)
{
    socklen_t len = address_len(address);
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, &address->any, len)) {
        close(fd);
        return false;
    }
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, &address->any, &len), 0);
    *ret_listener = fd;
    return true;
}

static void finish(const struct connection *connection)
{
    close(connection->accepted);
    close(connection->client);
    close(connection->listener);
}

/* Listens as `family` on `own` and connects to it as `client_family` to `target`. */
static bool connect_both(int family, const char *own, int client_family, const char *target,
                         struct connection *ret_connection)
{
    struct connection connection = {-1, -1, -1};
    union address address = loopback(family, own);
    if (!start_listening(&address, &connection.listener))
        return false;
    union address client = loopback(client_family, target);
    in_port_t port = family == AF_INET ? address.v4.sin_port : address.v6.sin6_port;
    if (client_family == AF_INET)
        client.v4.sin_port = port;
    else
        client.v6.sin6_port = port;
    connection.client = socket(client_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(connection.client, &client.any, address_len(&client)), 0);
    connection.accepted = accept4(connection.listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(connection.accepted >= 0);
    *ret_connection = connection;
    return true;
}

static void knows_its_own_v4(void **state)
{
    (void)state;
    struct connection connection;
    assert_true(connect_both(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", &connection));
    assert_true(hufu_peer_is_ours(connection.accepted));
    finish(&connection);
}

/* The number that /proc shows behind the socket's descriptor. */
static void tells_the_inode(void **state)
{
    (void)state;
    struct connection connection;
    struct stat info;
    assert_true(connect_both(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", &connection));
    assert_int_equal(fstat(connection.client, &info), 0);
    assert_int_equal(hufu_peer_inode(connection.accepted), info.st_ino);
    assert_int_equal(hufu_peer_inode(-1), 0);
    finish(&connection);
}

static void knows_its_own_v6(void **state)
{
    (void)state;
    struct connection connection;
    if (!connect_both(AF_INET6, "::1", AF_INET6, "::1", &connection))
        return; /* a machine without IPv6 */
    assert_true(hufu_peer_is_ours(connection.accepted));
    finish(&connection);
}

static void knows_its_own_v4_on_a_v6_socket(void **state)
{
    (void)state;
    struct connection connection;
    if (!connect_both(AF_INET6, "::", AF_INET, "127.0.0.1", &connection))
        return;
    assert_true(hufu_peer_is_ours(connection.accepted));
    finish(&connection);
}

static void stays_known_while_it_is_half_closed(void **state)
{
    (void)state;
    struct connection connection;
    assert_true(connect_both(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", &connection));
    assert_int_equal(shutdown(connection.client, SHUT_WR), 0);
    assert_true(hufu_peer_is_ours(connection.accepted));
    finish(&connection);
}

/* A socket that its owner closed shows as root's. */
static void does_not_know_who_has_gone(void **state)
{
    (void)state;
    struct connection connection;
    assert_true(connect_both(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", &connection));
    assert_int_equal(write(connection.client, "x", 1), 1);
    close(connection.client);
    assert_false(hufu_peer_is_ours(connection.accepted));
    connection.client = -1;
    finish(&connection);
}

static void does_not_know_other_sockets(void **state)
{
    (void)state;
    int pair[2];
    struct connection connection;
    assert_true(connect_both(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", &connection));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_false(hufu_peer_is_ours(-1));
    assert_false(hufu_peer_is_ours(pair[0]));
    assert_false(hufu_peer_is_ours(connection.listener));
    close(pair[0]);
    close(pair[1]);
    finish(&connection);
}

/* What other questions left behind is not taken for an answer, and no descriptor stays. */
static void asks_a_thousand_times(void **state)
{
    (void)state;
    struct connection ours, gone;
    struct hufu_port_holder holder;
    assert_true(connect_both(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", &ours));
    assert_true(connect_both(AF_INET, "127.0.0.1", AF_INET, "127.0.0.1", &gone));
    close(gone.client);
    int before = dup(ours.client);
    close(before);
    for (int i = 0; i < 1000; i++) {
        assert_true(hufu_peer_is_ours(ours.accepted));
        assert_false(hufu_peer_is_ours(gone.accepted));
        if (i % 100 == 0)
            hufu_port_holder(AF_INET, 1, &holder);
    }
    int after = dup(ours.client);
    assert_int_equal(after, before);
    close(after);
    gone.client = -1;
    finish(&ours);
    finish(&gone);
}

/* The holder of a port on `own`, asked for as `family`. */
static void assert_holder(const char *own, int own_family, int family)
{
    int listener = -1;
    struct stat status;
    struct hufu_port_holder holder = {0};
    union address address = loopback(own_family, own);
    if (!start_listening(&address, &listener))
        return; /* a machine without IPv6 */
    uint16_t port = ntohs(own_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
    assert_true(hufu_port_holder(family, port, &holder));
    assert_int_equal(fstat(listener, &status), 0);
    assert_int_equal(holder.uid, getuid());
    assert_true(holder.inode == status.st_ino);
    close(listener);
    assert_false(hufu_port_holder(family, port, &holder));
}

static void names_who_holds_a_port(void **state)
{
    (void)state;
    assert_holder("127.0.0.1", AF_INET, AF_INET);
    assert_holder("0.0.0.0", AF_INET, AF_INET);
    assert_holder("::1", AF_INET6, AF_INET6);
    assert_holder("::", AF_INET6, AF_INET6);
    assert_holder("::", AF_INET6, AF_INET);
}

static void holds_nothing_against_other_addresses(void **state)
{
    (void)state;
    int listener = -1;
    struct hufu_port_holder holder;
    union address address = loopback(AF_INET, "127.0.0.2");
    assert_true(start_listening(&address, &listener));
    assert_false(hufu_port_holder(AF_INET, ntohs(address.v4.sin_port), &holder));
    close(listener);
}

/* Connects as nobody and stays until the other end of the pipe closes. */
static pid_t connect_as_nobody(const union address *address, const int until[2])
{
    pid_t child = fork();
    if (child != 0)
        return child;
    char byte;
    close(until[1]);
    int fd = setuid(NOBODY) ? -1 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, &address->any, address_len(address)))
        _exit(1);
    _exit(read(until[0], &byte, 1) == 0 ? 0 : 1);
}

static void refuses_another_user(void **state)
{
    (void)state;
    if (geteuid() != 0)
        SKIP("root, who can be two users");
    int until[2];
    int status = -1;
    struct connection connection = {-1, -1, -1};
    union address address = loopback(AF_INET, "127.0.0.1");
    assert_true(start_listening(&address, &connection.listener));
    assert_int_equal(pipe2(until, O_CLOEXEC), 0);
    pid_t child = connect_as_nobody(&address, until);
    connection.accepted = accept4(connection.listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(connection.accepted >= 0);
    bool ours = hufu_peer_is_ours(connection.accepted);
    close(until[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(ours);
    assert_int_equal(status, 0);
    close(until[0]);
    finish(&connection);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_own_v4),
        cmocka_unit_test(tells_the_inode),
        cmocka_unit_test(knows_its_own_v6),
        cmocka_unit_test(knows_its_own_v4_on_a_v6_socket),
        cmocka_unit_test(stays_known_while_it_is_half_closed),
        cmocka_unit_test(does_not_know_who_has_gone),
        cmocka_unit_test(does_not_know_other_sockets),
        cmocka_unit_test(asks_a_thousand_times),
        cmocka_unit_test(names_who_holds_a_port),
        cmocka_unit_test(holds_nothing_against_other_addresses),
        cmocka_unit_test(refuses_another_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
