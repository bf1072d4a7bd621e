/* Another user's connection. A program of its own, because only root can be two users: without, it
 * is one skipped test. */
#include "bytes.h"
#include "connection.h"

#include "service/peer.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>

enum { NOBODY = 65534 };

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
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_another_user)};
    if (geteuid() != 0) {
        puts("1..1\nok 1 - refuses_another_user # SKIP needs root");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
