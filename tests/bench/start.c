/* start COUNT PORT CA PROGRAM [ARGUMENT...] <FORM: how many milliseconds a server takes from its
 * exec to its first answer over TLS, COUNT times. */
#include "https.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 5000, POLL_US = 100 };

HUFU_DEFINE_AUTO(SSL_CTX *, SSL_CTX_free)

static pid_t spawn_quietly(char *const *command)
{
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
    int problem = posix_spawn(&child, command[0], &actions, NULL, command, environ);
    posix_spawn_file_actions_destroy(&actions);
    return problem ? -1 : child;
}

static int connect_patiently(unsigned short port, double start)
{
    int socket = -1;
    while ((socket = https_connect(port)) < 0 && https_now_ms() - start < DEADLINE_MS)
        usleep(POLL_US);
    return socket;
}

static bool first_answer(SSL_CTX *context, unsigned short port, const char *form, double start)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf answer = {.max = HTTPS_ANSWER_MAX};
    struct https https;
    int socket = connect_patiently(port, start);
    if (socket < 0 || !https_open(context, socket, &https))
        return false;
    bool answered = https_post(&https, form, &answer);
    double took = https_now_ms() - start;
    https_close(&https);
    if (answered)
        printf("%.4f\n", took);
    return answered;
}

static void end(pid_t child)
{
    kill(child, SIGTERM);
    for (int ms = 0; ms < DEADLINE_MS; ms++) {
        if (waitpid(child, NULL, WNOHANG) == child)
            return;
        usleep(1000);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static bool measure(SSL_CTX *context, unsigned short port, const char *form, char *const *command)
{
    double start = https_now_ms();
    pid_t child = spawn_quietly(command);
    if (child < 0)
        return false;
    bool answered = first_answer(context, port, form, start);
    end(child);
    return answered;
}

int main(int argc, char *argv[])
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf form = {.max = HTTPS_ANSWER_MAX};
    if (argc < 5 || !https_read_form(&form)) {
        fputs("usage: start COUNT PORT CA PROGRAM [ARGUMENT...] <FORM\n", stderr);
        return 2;
    }
    HUFU_AUTO(SSL_CTX_free_auto) SSL_CTX *context = https_context(argv[3]);
    unsigned short port = (unsigned short)atoi(argv[2]);
    int taken = https_connect(port);
    bool going = context && taken < 0;
    for (int left = atoi(argv[1]); going && left > 0; left--)
        going = measure(context, port, hufu_buf_text(&form), argv + 4);
    if (!going)
        fprintf(stderr, "start: %s\n", taken < 0 ? "no answer" : "the port is taken");
    return going ? EXIT_SUCCESS : EXIT_FAILURE;
}
