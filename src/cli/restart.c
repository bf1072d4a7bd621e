/* hufu restart [--json] */
#include "base/clock.h"
#include "base/path.h"
#include "base/program.h"
#include "cli/cli.h"
#include "cli/print.h"
#include "wire/alive.h"
#include "wire/running.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A hufud without a certificate waits ten seconds for it; a busy computer needs some more. */
enum { START_MS = 20000 };

/* hufud closes its ports as soon as it hears that it should end; calls go on a while. */
enum { CLOSE_MS = 3000 };

enum { PAUSE_MS = 20 };

struct words {
    const char *usage;
    const char *done;
    const char *trusted;   /* when trust is right */
    const char *untrusted; /* and when it is not */
};

static const struct words words[] = {
    [HUFU_LANGUAGE_EN] =
        {
            .usage = "Usage: hufu restart [--json]\n\n"
                     "  --json    answer as JSON, for programs\n",
            .done = "hufu has started anew.\n",
            .trusted = "Your browsers trust it.\n",
            .untrusted = "Not every browser trusts it. Next: hufu trust status\n",
        },
    [HUFU_LANGUAGE_ZH_TW] =
        {
            .usage = "用法：hufu restart [--json]\n\n"
                     "  --json    以 JSON 輸出，供程式使用\n",
            .done = "虎符已重新啟動。\n",
            .trusted = "您的瀏覽器信任它。\n",
            .untrusted = "有瀏覽器還不信任它。下一步：hufu trust status\n",
        },
};

static void pause_a_moment(void)
{
    const struct timespec moment = {.tv_nsec = PAUSE_MS * 1000000L};
    nanosleep(&moment, NULL);
}

/* --- with systemd --- */

#define SYSTEMCTL "/usr/bin/systemctl"

static int systemctl(const char *verb, const char *first, const char *second)
{
    const char *const arguments[] = {SYSTEMCTL, "--user", "--quiet", verb, first, second, NULL};
    const struct hufu_program program = {.arguments = arguments};
    return hufu_program_run(&program, 0, NULL);
}

/* Whether the user manager looks after hufud, so that nobody else should start it. */
static bool is_unit(void)
{
    return systemctl("is-active", "hufud.socket", "hufud.service") == 0 ||
           systemctl("is-active", "hufud-dispatch.socket", NULL) == 0 ||
           systemctl("is-failed", "hufud.socket", "hufud.service") == 0;
}

/* A socket that could not have its ports is tried again, together with the service that took its
 * place; one that has them keeps them, so that no page finds them closed. */
static bool restart_unit(enum hufu_alive alive)
{
    const char *socket = "hufud.socket";
    if (alive == HUFU_ALIVE_SILENT)
        (void)systemctl("kill", "--signal=KILL", "hufud.service");
    if (systemctl("is-failed", socket, NULL) == 0)
        return systemctl("restart", socket, "hufud.service") == 0 ||
               systemctl("restart", "hufud.service", NULL) == 0;
    return systemctl("restart", "hufud.service", NULL) == 0;
}

/* --- without --- */

/* Ends the one that runs; its calls may go on for a while, its ports are free. */
static bool end_running(const struct hufu_process *process, enum hufu_alive alive)
{
    struct hufu_process now;
    int64_t end_ms = hufu_clock_ms() + CLOSE_MS;
    if (alive == HUFU_ALIVE_SILENT || !hufu_process_ask_to_end(process))
        return hufu_process_end(process, HUFU_ALIVE_GRACE_MS);
    while (hufu_running_read(&now) && now.pid == process->pid) {
        if (hufu_clock_ms() > end_ms)
            return hufu_process_end(process, HUFU_ALIVE_GRACE_MS);
        pause_a_moment();
    }
    return true;
}

/* The user manager should look after hufud, but does not now: a hufud of anybody else would hold
 * the ports that the socket has at the next login. */
static bool adopt(const struct hufu_process *process, enum hufu_alive alive)
{
    return systemctl("is-enabled", "hufud.socket", NULL) == 0 &&
           (alive == HUFU_ALIVE_NONE || end_running(process, alive)) &&
           systemctl("start", "hufud.socket", "hufud.service") == 0;
}

/* By one between, which is waited for: the program has no parent that knows it. */
static bool start_for_good(const char *const *arguments)
{
    const struct hufu_program program = {.arguments = arguments, .tie = HUFU_PROGRAM_SESSION};
    int status = -1;
    int none = -1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(chdir("/") == 0 && hufu_program_start(&program, &pid, &none) == 0 ? 0 : 1);
    return pid > 0 && TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) == pid && status == 0;
}

static bool restart_process(const struct hufu_process *process, enum hufu_alive alive)
{
    char path[PATH_MAX];
    const char *const arguments[] = {path, "--log", NULL};
    return (alive == HUFU_ALIVE_NONE || end_running(process, alive)) &&
           hufu_path_beside(path, "hufud") && start_for_good(arguments);
}

/* --- either --- */

static bool start_anew(const struct hufu_process *before, enum hufu_alive alive, bool *ret_unit)
{
    *ret_unit = is_unit();
    if (*ret_unit)
        return restart_unit(alive);
    *ret_unit = adopt(before, alive);
    return *ret_unit || restart_process(before, alive);
}

static bool starts(const struct hufu_process *before, struct hufu_process *ret_process)
{
    int64_t end_ms = hufu_clock_ms() + START_MS;
    for (; hufu_clock_ms() < end_ms; pause_a_moment())
        if (hufu_alive_find(ret_process) == HUFU_ALIVE_ANSWERS && ret_process->pid != before->pid)
            return true;
    return false;
}

static bool make_trusted(void)
{
    char path[PATH_MAX];
    const char *const arguments[] = {path, "trust", "install", NULL};
    const struct hufu_program program = {.arguments = arguments};
    return hufu_path_beside(path, "hufu") && hufu_program_run(&program, 0, NULL) == 0;
}

/* The one form of this output that scripts rely on. */
static void print_json(bool unit, const struct hufu_process *process, bool trusted)
{
    printf("{\"restarted\":true,\"by\":\"%s\",\"process\":%d,\"trusted\":%s}\n",
           unit ? "systemd" : "hufu", (int)process->pid, trusted ? "true" : "false");
}

static void print_text(const struct words *say, bool trusted)
{
    fputs(say->done, stdout);
    fputs(trusted ? say->trusted : say->untrusted, stdout);
}

static int restart(const struct words *say, bool json)
{
    struct hufu_process before = {.pid = 0};
    struct hufu_process now;
    enum hufu_alive alive = hufu_alive_find(&before);
    bool unit = false;
    if (!start_anew(&before, alive, &unit) || !starts(&before, &now)) {
        struct hufu_error err = {0};
        (void)hufu_fail(&err, HUFU_E_START, "hufud does not answer");
        if (json)
            puts("{\"restarted\":false}");
        return hufu_print_failure(&err);
    }
    bool trusted = make_trusted();
    if (json)
        print_json(unit, &now, trusted);
    else
        print_text(say, trusted);
    return HUFU_EXIT_DONE;
}

int hufu_cli_restart(int argc, char **argv)
{
    const struct words *say = &words[hufu_language_of_environment()];
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    bool help = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if (help || (argc > 1 && !json)) {
        fputs(say->usage, help ? stdout : stderr);
        return help ? HUFU_EXIT_DONE : HUFU_EXIT_USAGE;
    }
    return restart(say, json);
}
