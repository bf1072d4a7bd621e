/* activate SOCKET PROGRAM [ARGUMENT...]: listens on the socket and starts the program, with it as
 * descriptor 3, whenever a client comes and the program does not run; what systemd does for
 * pcscd.socket. Says "started" each time, and ends the program with itself. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PASSED = 3, CLIENTS_MAX = 16 };

static int open_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || chmod(path, 0666) ||
        listen(fd, CLIENTS_MAX))
        return -1;
    return fd;
}

static void become(int fd, char **arguments)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", "1", 1);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (fd == PASSED || dup2(fd, PASSED) == PASSED)
        execvp(arguments[0], arguments);
    _exit(127);
}

int main(int argc, char **argv)
{
    int fd = argc > 2 ? open_socket(argv[1]) : -1;
    if (fd < 0) {
        perror("activate");
        return 2;
    }
    for (struct pollfd client = {.fd = fd, .events = POLLIN}; poll(&client, 1, -1) > 0;) {
        puts("started");
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0)
            become(fd, argv + 2);
        if (pid < 0 || waitpid(pid, NULL, 0) != pid)
            break;
    }
    perror("activate");
    return 1;
}
