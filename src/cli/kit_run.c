#include "cli/kit.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/path.h"
#include "base/program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASH "/bin/bash"

enum { PID_MAX_TEXT = 32, WRONG_USAGE = 2 };

const char *hufu_kit_missing(void)
{
    static const struct {
        const char *path;
        const char *package;
    } needed[] = {
        {HUFU_SOFTHSM, "softhsm2"},
        {"/usr/bin/softhsm2-util", "softhsm2"},
        {"/usr/bin/pkcs11-tool", "opensc"},
        {"/usr/bin/openssl", "openssl"},
        {BASH, "bash"},
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (access(needed[i].path, R_OK))
            return needed[i].package;
    return NULL;
}

/* --- signals --- */

static void awaited(sigset_t *ret_signals)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    sigemptyset(ret_signals);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaddset(ret_signals, signals[i]);
}

/* data/kit/up leaves hufud behind, which becomes ours, so that its end is heard of. */
void hufu_kit_prepare(void)
{
    sigset_t signals;
    awaited(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    (void)hufu_environment_clean();
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Whether `pid` ended, with what; other children that ended are forgotten. */
static bool has_ended(pid_t pid, int *ret_status)
{
    bool found = false;
    int status = 0;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;)
        if (child == pid) {
            *ret_status = status;
            found = true;
        }
    return found;
}

/* Waits until `pid` has ended (true), or a signal asks this process to end. */
static bool await_end(pid_t pid, int *ret_status)
{
    sigset_t signals;
    awaited(&signals);
    while (!has_ended(pid, ret_status)) {
        int number = sigwaitinfo(&signals, NULL);
        if (number > 0 && number != SIGCHLD)
            return false;
    }
    return true;
}

/* --- data/kit/up --- */

/* A library in the place of the cards' own, which can do everything wrong: beside the programs in a
 * build, elsewhere where they are installed. */
static bool find_module(char ret_path[PATH_MAX])
{
    return (hufu_path_beside(ret_path, "faulty.so") && access(ret_path, R_OK) == 0) ||
           (hufu_path_join(ret_path, HUFU_KITDIR, "faulty.so") && access(ret_path, R_OK) == 0);
}

/* Two words for each option that has a value. */
enum { WORDS_MAX = 24 + 2 * HUFU_KIT_ORIGINS_MAX };

struct words {
    const char *items[WORDS_MAX + 1];
    size_t count;
};

static void add(struct words *words, const char *option, const char *value)
{
    if (!value)
        return;
    words->items[words->count++] = option;
    words->items[words->count++] = value;
}

/* Ctrl+C is for this process alone, which ends the other. */
static struct hufu_program program_of(const char *const words[])
{
    return (struct hufu_program){
        .arguments = words, .files[STDERR_FILENO] = HUFU_PROGRAM_ERRORS, .tie = HUFU_PROGRAM_GROUP};
}

static pid_t start_up(const struct hufu_kit_order *order, const struct hufu_kit *kit)
{
    pid_t pid = -1;
    int output = -1;
    char up[PATH_MAX];
    char bin[PATH_MAX];
    char module[PATH_MAX];
    struct words words = {.items = {BASH, up, kit->folder, "--firefox"}, .count = 4};
    if (!hufu_path_join(up, order->data, "kit/up") || !hufu_path_beside(bin, "") ||
        !find_module(module))
        return -1;
    add(&words, "--bin", bin);
    add(&words, "--module", module);
    add(&words, "--cards", order->cards);
    add(&words, "--pin", order->pin);
    add(&words, "--fault", order->fault);
    add(&words, "--pinentry", order->pinentry);
    add(&words, "--port", order->port);
    for (size_t i = 0; i < order->origin_count; i++)
        add(&words, "--origin", order->origins[i]);
    if (order->default_ports)
        words.items[words.count++] = "--default-ports";
    const struct hufu_program program = program_of(words.items);
    return hufu_program_start(&program, &pid, &output) == 0 ? pid : -1;
}

static pid_t read_hufud(const char *folder)
{
    char path[PATH_MAX];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = PID_MAX_TEXT};
    if (!hufu_path_join(path, folder, "hufud.pid") || hufu_file_read(path, &text))
        return 0;
    long pid = strtol(hufu_buf_text(&text), NULL, 10);
    return pid > 1 && pid <= INT_MAX ? (pid_t)pid : 0;
}

enum hufu_kit_end hufu_kit_start(const struct hufu_kit_order *order, struct hufu_kit *kit)
{
    int status = 0;
    pid_t pid = start_up(order, kit);
    if (pid < 0)
        return HUFU_KIT_FAILED;
    if (!await_end(pid, &status)) {
        (void)kill(-pid, SIGTERM);
        (void)TEMP_FAILURE_RETRY(waitpid(pid, &status, 0));
        return HUFU_KIT_STOPPED;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == WRONG_USAGE)
        return HUFU_KIT_WRONG;
    kit->hufud = read_hufud(kit->folder);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && kit->hufud ? HUFU_KIT_READY
                                                                       : HUFU_KIT_FAILED;
}

enum hufu_kit_end hufu_kit_wait(const struct hufu_kit *kit)
{
    int status = 0;
    return await_end(kit->hufud, &status) ? HUFU_KIT_FAILED : HUFU_KIT_STOPPED;
}

/* --- data/kit/down --- */

/* Its folder as well, when nothing of anybody else is in there. */
bool hufu_kit_remove(const char *folder, const char *data)
{
    char down[PATH_MAX];
    char file[PATH_MAX];
    const char *const words[] = {BASH, down, folder, NULL};
    const struct hufu_program program = program_of(words);
    if (!hufu_path_join(down, data, "kit/down") || !hufu_path_join(file, folder, "kit") ||
        hufu_program_run(&program, 0, NULL) != EXIT_SUCCESS)
        return false;
    (void)unlink(file);
    (void)rmdir(folder);
    return true;
}
