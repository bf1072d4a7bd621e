#include "home.h"

#include "base/cleanup.h"
#include "crypto/leaf.h"
#include "crypto/probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* What a connection meets. */
enum manner { SHAKES_HANDS, CLOSES, SAYS_NOTHING, TALKS };

struct server {
    pid_t pid;
    uint16_t port;
    struct hufu_leaf_paths leaf;
};

static void shake_hands(int fd, const struct hufu_leaf_paths *leaf)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL *ssl = NULL;
    if (SSL_CTX_use_certificate_file(context, leaf->certificate, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_use_PrivateKey_file(context, leaf->key, SSL_FILETYPE_PEM) == 1)
        ssl = SSL_new(context);
    if (ssl && SSL_set_fd(ssl, fd) == 1)
        (void)SSL_accept(ssl);
    SSL_free(ssl);
    SSL_CTX_free(context);
}

_Noreturn static void serve(int listener, enum manner manner, const struct hufu_leaf_paths *leaf)
{
    (void)signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (manner == SHAKES_HANDS)
            shake_hands(fd, leaf);
        if (manner == TALKS && write(fd, "220 hello\r\n", 11) != 11)
            _exit(1);
        if (manner == SAYS_NOTHING || manner == TALKS)
            pause();
        close(fd);
    }
}

static void start(struct server *server, enum manner manner)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    bool made = false;
    assert_int_equal(hufu_leaf_ensure(&made, NULL), HUFU_OK);
    assert_int_equal(hufu_leaf_paths(&server->leaf, NULL), HUFU_OK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    server->pid = fork();
    if (server->pid == 0)
        serve(listener, manner, &server->leaf);
    close(listener);
}

static void end(const struct server *server)
{
    kill(server->pid, SIGKILL);
    assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

static struct hufu_probe probe(const struct server *server, const char *bundle)
{
    struct hufu_probe result;
    assert_int_equal(hufu_probe(server->port, bundle, &result, NULL), HUFU_OK);
    return result;
}

static void the_bundle_judges(void **state)
{
    (void)state;
    struct server server;
    struct hufu_leaf_info leaf;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf der = {.max = HUFU_LEAF_MAX};
    start(&server, SHAKES_HANDS);
    assert_int_equal(hufu_leaf_read(&der, NULL), HUFU_OK);
    assert_int_equal(hufu_leaf_info(hufu_buf_bytes(&der), &leaf, NULL), HUFU_OK);
    struct hufu_probe trusted = probe(&server, server.leaf.certificate);
    struct hufu_probe empty = probe(&server, home); /* a folder without hashed names */
    struct hufu_probe none = probe(&server, NULL);
    end(&server);
    assert_true(trusted.answered && trusted.trusted);
    assert_string_equal(trusted.sha256, leaf.sha256);
    assert_string_equal(trusted.verdict, "");
    assert_true(empty.answered && !empty.trusted && none.answered && !none.trusted);
    assert_string_equal(none.sha256, leaf.sha256);
    assert_string_not_equal(none.verdict, "");
}

static void what_is_no_handshake_is_no_answer(void **state)
{
    (void)state;
    for (int manner = CLOSES; manner <= TALKS; manner++) {
        struct server server;
        start(&server, (enum manner)manner);
        struct hufu_probe result = probe(&server, server.leaf.certificate);
        end(&server);
        assert_false(result.answered || result.trusted);
        assert_string_equal(result.sha256, "");
        result = probe(&server, server.leaf.certificate); /* nobody is there any more */
        assert_false(result.answered || result.trusted);
    }
}

static void a_bundle_that_cannot_be_read_is_a_failure(void **state)
{
    struct hufu_error err = {0};
    struct hufu_probe result;
    (void)state;
    assert_int_equal(hufu_probe(1, "/does/not/exist", &result, &err), HUFU_E_LEAF);
    assert_int_equal(hufu_probe(1, "/dev/null", &result, NULL), HUFU_E_LEAF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_bundle_judges, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_handshake_is_no_answer, home_setup,
                                        home_teardown),
        cmocka_unit_test(a_bundle_that_cannot_be_read_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
