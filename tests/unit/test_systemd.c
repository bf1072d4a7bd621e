#include "home.h"

#include "base/systemd.h"
#include "bytes.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

/* --- notify --- */

/* A socket where systemd would listen; its name goes into NOTIFY_SOCKET ('@' for a leading NUL). */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void assert_told(int fd, const char *text)
{
    char received[100] = "";
    ssize_t len = recv(fd, received, sizeof received - 1, 0);
    assert_int_equal(len, strlen(text));
    assert_string_equal(received, text);
}

static void tells_a_socket_in_a_folder(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_close) int fd = listen_at(home_path("notify"));
    hufu_systemd_connect();
    hufu_systemd_notify("READY=1");
    assert_told(fd, "READY=1");
    hufu_systemd_notify("STOPPING=1");
    assert_told(fd, "STOPPING=1");
}

static void tells_an_abstract_socket(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "@hufu-unit-%ld", (long)getpid());
    HUFU_AUTO(hufu_close) int fd = listen_at(name);
    hufu_systemd_connect();
    assert_null(getenv("NOTIFY_SOCKET"));
    hufu_systemd_notify("RELOADING=1");
    assert_told(fd, "RELOADING=1");
}

static void tells_nobody_else(void **state)
{
    (void)state;
    enum { PATH_LONGEST = sizeof((struct sockaddr_un){0}).sun_path };
    HUFU_AUTO(hufu_free) char *too_long = repeat('/', PATH_LONGEST);
    const char *const names[] = {"", "@", "/", "relative", "/does/not/exist", too_long};
    HUFU_AUTO(hufu_close) int fd = listen_at(home_path("notify"));
    for (size_t i = 0; i < COUNT(names); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        hufu_systemd_connect();
        hufu_systemd_notify("READY=1");
    }
    hufu_systemd_connect();
    hufu_systemd_notify("READY=1");
    char received[100];
    assert_int_equal(recv(fd, received, sizeof received, 0), -1);
}

/* --- socket activation: in a child, because it is about descriptors 3 and 4 --- */

enum { SOCKETS = 2 };

static void set_variables(const char *pid, const char *count)
{
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    setenv("LISTEN_FDNAMES", "a:b", 1);
}

static void put_sockets(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    for (int i = 0; i < SOCKETS; i++) {
        dup2(fd, HUFU_SYSTEMD_FIRST_FD + i);
        fcntl(HUFU_SYSTEMD_FIRST_FD + i, F_SETFD, 0);
    }
}

/* The number of sockets, or a negative number for what was not as it has to be. */
static int take_sockets(const char *pid, const char *count)
{
    put_sockets();
    set_variables(pid, count);
    int taken = hufu_systemd_begin();
    for (int i = 0; i < taken && i < SOCKETS; i++)
        if (fcntl(HUFU_SYSTEMD_FIRST_FD + i, F_GETFD) != FD_CLOEXEC)
            return -1;
    if (getenv("LISTEN_PID") || getenv("LISTEN_FDS") || getenv("LISTEN_FDNAMES"))
        return -2;
    if (hufu_systemd_listen_fds() != taken)
        return -3;
    return hufu_systemd_listen_fds() == 0 ? taken : -4; /* once */
}

/* `count` as systemd says it to a process with the number `own` or another one. */
static int taken_by_child(bool own, const char *count)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        char pid[16];
        snprintf(pid, sizeof pid, "%ld", own ? (long)getpid() : (long)getppid());
        int taken = take_sockets(pid, count);
        _exit(taken < 0 ? 100 - taken : taken);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void takes_the_sockets_it_was_given(void **state)
{
    (void)state;
    assert_int_equal(taken_by_child(true, "2"), 2);
    assert_int_equal(taken_by_child(true, "1"), 1);
    assert_int_equal(taken_by_child(true, "0"), 0);
}

static void takes_no_other_sockets(void **state)
{
    (void)state;
    assert_int_equal(taken_by_child(false, "2"), 0); /* meant for our parent */
    assert_int_equal(taken_by_child(true, "-1"), 0);
    assert_int_equal(taken_by_child(true, "385"), 0);
    assert_int_equal(taken_by_child(true, "99999999999999999999"), 0);
    assert_int_equal(taken_by_child(true, "x"), 0);
    assert_int_equal(taken_by_child(true, ""), 0);
}

static void works_without_activation(void **state)
{
    (void)state;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    assert_int_equal(hufu_systemd_begin(), 0);
    setenv("LISTEN_FDS", "2", 1);
    assert_int_equal(hufu_systemd_begin(), 0);
    assert_int_equal(hufu_systemd_listen_fds(), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_a_socket_in_a_folder), TEST(tells_an_abstract_socket),
        TEST(tells_nobody_else),          TEST(takes_the_sockets_it_was_given),
        TEST(takes_no_other_sockets),     TEST(works_without_activation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
