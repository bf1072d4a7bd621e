#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_STARTED = 127 };

_Noreturn static void become(const char *const arguments[])
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
        dup2(null, STDERR_FILENO) >= 0) {
        closefrom(STDERR_FILENO + 1);
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
    }
    _exit(NOT_STARTED);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    if (TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status) == NOT_STARTED ? -1 : WEXITSTATUS(status);
}

int hufu_run_quietly(const char *const arguments[])
{
    pid_t pid = fork();
    if (pid == 0)
        become(arguments);
    return pid < 0 ? -1 : wait_for(pid);
}

/* Twice: the one between is waited for, and the program has no parent that knows it. */
bool hufu_run_detached(const char *const arguments[])
{
    pid_t pid = fork();
    if (pid == 0) {
        bool done = setsid() >= 0 && chdir("/") == 0;
        pid_t child = done ? fork() : -1;
        if (child == 0)
            become(arguments);
        _exit(child < 0 ? NOT_STARTED : 0);
    }
    return pid > 0 && wait_for(pid) == 0;
}
