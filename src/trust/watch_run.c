#include "trust/watch_run.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "trust/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* 64 stores, 8 at a time, each of which has 20 s: no run that is going takes longer. */
enum { RUN_SECONDS = 200 };

/* --- the log --- */

enum { WHERE_SIZE = 1024 }; /* as long as a line of the log may be */

/* "Firefox (snap) ~/snap/firefox/...": below the home without naming the user. */
static const char *describe(char text[WHERE_SIZE], const struct hufu_store *store)
{
    char home[PATH_MAX];
    size_t len = hufu_path_home(home) ? strlen(home) : 0;
    bool below = len && strncmp(store->path, home, len) == 0 && store->path[len] == '/';
    bool packaged = store->package[0];
    if (snprintf(text, WHERE_SIZE, "%s%s%s%s %s%s", store->browser, packaged ? " (" : "",
                 store->package, packaged ? ")" : "", below ? "~" : "",
                 store->path + (below ? len : 0)) >= WHERE_SIZE)
        text[WHERE_SIZE - 1] = 0;
    return text;
}

static void log_change(const struct hufu_store *store)
{
    static const char *const verbs[HUFU_TRUST_STATE_COUNT] = {
        [HUFU_TRUST_ADDED] = "added to",
        [HUFU_TRUST_REMOVED] = "removed from",
        [HUFU_TRUST_REPAIRED] = "repaired",
    };
    char where[WHERE_SIZE];
    if (verbs[store->answer.state])
        hufu_log("trust: %s %s", verbs[store->answer.state], describe(where, store));
}

static void log_refusal(const struct hufu_store *store)
{
    const char *cause = store->answer.cause;
    char where[WHERE_SIZE];
    hufu_log("trust: refused by %s: %s%s%s%s", describe(where, store),
             hufu_trust_reason_text(store->answer.reason, HUFU_LANGUAGE_EN), cause[0] ? " (" : "",
             cause, cause[0] ? ")" : "");
}

/* FNV-1a */
static uint64_t mix(uint64_t state, const char *text)
{
    for (; *text; text++)
        state = (state ^ (unsigned char)*text) * 0x100000001b3;
    return state;
}

static void judge(const struct hufu_trust_report *report, struct hufu_watch_result *result)
{
    for (size_t i = 0; i < report->stores.count; i++) {
        const struct hufu_store *store = &report->stores.items[i];
        log_change(store);
        if (store->answer.state != HUFU_TRUST_REFUSED)
            continue;
        result->refused = true;
        result->problems = mix(result->problems, store->path) + (uint64_t)store->answer.reason;
    }
}

static void log_refusals(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (report->stores.items[i].answer.state == HUFU_TRUST_REFUSED)
            log_refusal(&report->stores.items[i]);
}

/* --- the run --- */

static void leaves_done(struct hufu_buf (*leaves)[HUFU_LEAF_COUNT])
{
    for (size_t i = 0; i < HUFU_LEAF_COUNT; i++)
        hufu_buf_done(&(*leaves)[i]);
}

/* One name for the current certificate and those around it together. */
static void note_leaves(struct hufu_watch_result *result)
{
    size_t count = 0;
    HUFU_AUTO(leaves_done) struct hufu_buf leaves[HUFU_LEAF_COUNT] = {{0}};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf all = {.max = HUFU_LEAF_COUNT * HUFU_LEAF_MAX};
    for (size_t i = 0; i < HUFU_LEAF_COUNT; i++)
        leaves[i].max = HUFU_LEAF_MAX;
    memset(result->leaves, 0, sizeof result->leaves);
    if (hufu_leaves_read(leaves, &count, NULL) != HUFU_OK)
        return;
    for (size_t i = 0; i < count; i++)
        hufu_buf_add(&all, leaves[i].data, leaves[i].len);
    (void)hufu_sha256(hufu_buf_bytes(&all), result->leaves);
}

static void work(const struct hufu_watch_result *before, bool taken_back,
                 struct hufu_watch_result *result)
{
    const struct hufu_trust_options options = {.only_kept = taken_back};
    struct hufu_error err = {0};
    HUFU_AUTO(hufu_trust_report_done) struct hufu_trust_report report = {0};
    enum hufu_status status = hufu_trust_install(&options, &report, &err);
    note_leaves(result);
    if (status == HUFU_OK) {
        result->due = hufu_leaf_due();
        judge(&report, result);
        if (result->problems != before->problems)
            log_refusals(&report);
        hufu_log_debug("trust: looked at %zu stores", report.stores.count);
        return;
    }
    result->problems = mix(1, err.detail);
    if (result->problems == before->problems)
        return;
    hufu_error_log("trust", &err);
}

_Noreturn static void work_in_child(int fd, pid_t parent, const struct hufu_watch_result *before,
                                    bool taken_back)
{
    struct hufu_watch_result result = {0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(RUN_SECONDS);
    if (getppid() == parent)
        work(before, taken_back, &result);
    _exit(write(fd, &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
}

void hufu_watch_run(const struct hufu_watch_result *before, bool taken_back,
                    struct hufu_watch_result *ret_result)
{
    struct hufu_watch_result result = *before;
    int ends[2];
    pid_t parent = getpid();
    result.due = 0;
    *ret_result = result;
    if (pipe2(ends, O_CLOEXEC))
        return;
    pid_t pid = fork();
    if (pid == 0)
        work_in_child(ends[1], parent, before, taken_back);
    close(ends[1]);
    if (TEMP_FAILURE_RETRY(read(ends[0], &result, sizeof result)) == (ssize_t)sizeof result)
        *ret_result = result;
    close(ends[0]);
    if (pid > 0)
        TEMP_FAILURE_RETRY(waitpid(pid, NULL, 0));
}
