/* probe KIND READABLE WRITABLE ACTION [PATH]: confines itself as a process of hufu does, with these
 * two folders, then tries one thing that it should or should not be able to do, and prints how that
 * ended: OK or the name of an error. The kernel ends it for what hufud must not even try. */
#include "base/confine.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each returns 0 or an errno value. */
typedef int action(const char *path);

static int result(long value)
{
    return value < 0 ? errno : 0;
}

static int try_execve(const char *path)
{
    char *const arguments[] = {(char[]){"true"}, NULL};
    char *const environment[] = {NULL};
    return result(execve(path, arguments, environment));
}

static int try_fork(const char *path)
{
    (void)path;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return result(child < 0 ? child : waitpid(child, NULL, 0));
}

static void *idle(void *unused)
{
    return unused;
}

static int try_thread(const char *path)
{
    (void)path;
    pthread_t thread;
    int problem = pthread_create(&thread, NULL, idle, NULL);
    return problem ? problem : pthread_join(thread, NULL);
}

static int try_read(const char *path)
{
    return result(open(path, O_RDONLY | O_CLOEXEC));
}

static int try_write(const char *path)
{
    return result(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_link(const char *path)
{
    return result(symlink("/", path));
}

static int try_tcp(const char *path)
{
    (void)path;
    return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_udp(const char *path)
{
    (void)path;
    return result(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int try_netlink(const char *path)
{
    (void)path;
    return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int try_packet(const char *path)
{
    (void)path;
    return result(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int try_unix(const char *path)
{
    (void)path;
    return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* On a socket from before; port 9 on loopback would refuse. */
static int early_socket = -1;
static int try_connect(const char *path)
{
    (void)path;
    const struct sockaddr_in target = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return result(connect(early_socket, (const struct sockaddr *)&target, sizeof target));
}

static int try_listen(const char *path)
{
    (void)path;
    const struct sockaddr_in own = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof own))
        return errno;
    return result(listen(fd, 1));
}

static int try_ptrace(const char *path)
{
    (void)path;
    return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int try_kill(const char *path)
{
    (void)path;
    return result(kill(getppid(), 0));
}

static int try_io_uring(const char *path)
{
    (void)path;
    return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static int try_keyctl(const char *path)
{
    (void)path;
    return result(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

static int try_unshare(const char *path)
{
    (void)path;
    return result(syscall(SYS_unshare, 0));
}

static int try_typing(const char *path)
{
    (void)path;
    return result(ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

static int try_executable_memory(const char *path)
{
    (void)path;
    void *memory =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : 0;
}

static int try_executable_change(const char *path)
{
    (void)path;
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : result(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int try_abort(const char *path)
{
    (void)path;
    abort();
}

static const struct {
    const char *name;
    action *run;
} actions[] = {
    {"abort", try_abort},
    {"connect", try_connect},
    {"executable-change", try_executable_change},
    {"executable-memory", try_executable_memory},
    {"execve", try_execve},
    {"fork", try_fork},
    {"io_uring", try_io_uring},
    {"keyctl", try_keyctl},
    {"kill", try_kill},
    {"link", try_link},
    {"listen", try_listen},
    {"netlink", try_netlink},
    {"packet", try_packet},
    {"ptrace", try_ptrace},
    {"read", try_read},
    {"tcp", try_tcp},
    {"thread", try_thread},
    {"typing", try_typing},
    {"udp", try_udp},
    {"unix", try_unix},
    {"unshare", try_unshare},
    {"write", try_write},
};

static void confine(const char *kind, const char *readable, const char *writable)
{
    struct hufu_confinement confinement;
    char text[HUFU_CONFINED_TEXT_MAX];
    bool service = strcmp(kind, "service") == 0;
    early_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    hufu_confine_memory();
    hufu_confine_begin(&confinement, service ? HUFU_CONFINE_SERVICE : HUFU_CONFINE_WORKER);
    hufu_confine_allow(&confinement, readable, false);
    hufu_confine_allow(&confinement, writable, true);
    hufu_confine_allow(&confinement, "/does/not/exist", true);
    hufu_confine_end(&confinement, text);
}

int main(int argc, char *argv[])
{
    hufu_log_init("probe");
    for (size_t i = 0; argc >= 5 && i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, argv[4]) != 0)
            continue;
        confine(argv[1], argv[2], argv[3]);
        int problem = actions[i].run(argv[5]);
        const char *name = problem ? strerrorname_np(problem) : "OK";
        return puts(name ? name : "?") < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    fputs("Usage: probe service|worker READABLE WRITABLE ACTION [PATH]\n", stderr);
    return 2;
}
