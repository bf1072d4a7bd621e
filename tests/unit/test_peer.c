#include "bytes.h"
#include "connection.h"

#include "service/peer.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_own_v4),
        cmocka_unit_test(knows_its_own_v6),
        cmocka_unit_test(knows_its_own_v4_on_a_v6_socket),
        cmocka_unit_test(stays_known_while_it_is_half_closed),
        cmocka_unit_test(does_not_know_who_has_gone),
        cmocka_unit_test(does_not_know_other_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
