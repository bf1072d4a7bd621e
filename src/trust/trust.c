#include "trust/trust.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "trust/nss.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STORE_SECONDS = 20,       /* a running browser locks its database for a moment, not for that */
    INSTALLED_MAX = 64 * 1024 /* a thousand leaves: one a year for a thousand years */
};

/* What every store is asked with. */
struct task {
    struct hufu_buf leaf;
    struct hufu_buf ours;
};

static void task_done(struct task *task)
{
    hufu_buf_done(&task->leaf);
    hufu_buf_done(&task->ours);
}

static enum hufu_status fail_errno(struct hufu_error *err, int problem, const char *detail)
{
    return hufu_fail_from(err, HUFU_E_STORE, HUFU_ORIGIN_ERRNO, (unsigned long)problem, detail);
}

static enum hufu_status locate_installed(char ret_path[PATH_MAX], struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    return hufu_path_join(ret_path, paths.folder, "installed")
               ? HUFU_OK
               : hufu_fail(err, HUFU_E_STORE, "path too long");
}

/* `tls/installed` has the SHA-256 of every leaf that was ever given to a store, one a line, so that
 * a leaf whose file is long gone is still found and taken back. */
static enum hufu_status read_installed(struct hufu_buf *text, struct hufu_error *err)
{
    char path[PATH_MAX];
    HUFU_TRY(locate_installed(path, err));
    int problem = hufu_file_read(path, text);
    return problem && problem != ENOENT ? fail_errno(err, problem, path) : HUFU_OK;
}

/* Written before the first store is touched: a crash in between leaves a line too many at worst. */
static enum hufu_status note_installed(const char *sha256, const struct hufu_buf *known,
                                       struct hufu_error *err)
{
    if (strstr(hufu_buf_text(known), sha256))
        return HUFU_OK;
    char path[PATH_MAX];
    HUFU_TRY(locate_installed(path, err));
    HUFU_AUTO(hufu_close) int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dprintf(fd, "%s\n", sha256) < 0 || fsync(fd))
        return fail_errno(err, errno, path);
    return HUFU_OK;
}

static void load_leaf(struct hufu_trust_report *report, struct task *task)
{
    report->has_leaf = hufu_leaf_read(&task->leaf, NULL) == HUFU_OK &&
                       hufu_leaf_info(hufu_buf_bytes(&task->leaf), &report->leaf, NULL) == HUFU_OK;
    if (!report->has_leaf)
        hufu_buf_clear(&task->leaf);
}

static void answer_in_child(int fd, hufu_nss_action *action, const struct hufu_nss_order *order,
                            const char *folder)
{
    struct hufu_trust_answer answer = {0};
    alarm(STORE_SECONDS);
    umask(077);
    action(order, folder, &answer);
    _exit(write(fd, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
}

static bool read_answer(int fd, struct hufu_trust_answer *ret_answer)
{
    struct hufu_trust_answer answer;
    ssize_t len = TEMP_FAILURE_RETRY(read(fd, &answer, sizeof answer));
    if (len != (ssize_t)sizeof answer)
        return false;
    *ret_answer = answer;
    return true;
}

/* A child for each store: NSS takes one database in the life of a process, and a damaged database
 * that brings NSS down costs one answer. */
static void ask(hufu_nss_action *action, const struct hufu_nss_order *order,
                struct hufu_store *store)
{
    store->answer =
        (struct hufu_trust_answer){.state = HUFU_TRUST_REFUSED, .reason = HUFU_TRUST_NO_ANSWER};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return;
    pid_t child = fork();
    if (child == 0)
        answer_in_child(ends[1], action, order, store->path);
    close(ends[1]);
    if (child > 0) {
        read_answer(ends[0], &store->answer);
        TEMP_FAILURE_RETRY(waitpid(child, NULL, 0));
    }
    close(ends[0]);
}

static void ask_all(hufu_nss_action *action, const struct task *task, struct hufu_stores *stores)
{
    struct hufu_nss_order order = {.leaf = &task->leaf, .ours = hufu_buf_text(&task->ours)};
    for (size_t i = 0; i < stores->count; i++)
        if (stores->items[i].answer.state != HUFU_TRUST_REFUSED)
            ask(action, &order, &stores->items[i]);
}

static bool all_trust(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (report->stores.items[i].answer.state != HUFU_TRUST_TRUSTED &&
            report->stores.items[i].answer.state != HUFU_TRUST_ADDED)
            return false;
    return report->stores.count > 0 && report->has_leaf && report->leaf.not_after > time(NULL);
}

static bool none_refused(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (report->stores.items[i].answer.state == HUFU_TRUST_REFUSED)
            return false;
    return true;
}

static enum hufu_status run(hufu_nss_action *action, struct hufu_trust_report *ret_report,
                            struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    struct hufu_trust_report report = {0};
    HUFU_AUTO(task_done)
    struct task task = {.leaf = {.max = HUFU_LEAF_MAX}, .ours = {.max = INSTALLED_MAX}};
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    memcpy(report.certificate, paths.certificate, sizeof report.certificate);
    load_leaf(&report, &task);
    HUFU_TRY(read_installed(&task.ours, err));
    if (action == hufu_nss_install)
        HUFU_TRY(note_installed(report.leaf.sha256, &task.ours, err));
    HUFU_TRY(hufu_stores_find(&report.stores, err));
    ask_all(action, &task, &report.stores);
    report.ok = action == hufu_nss_remove ? none_refused(&report) : all_trust(&report);
    *ret_report = report;
    return HUFU_OK;
}

enum hufu_status hufu_trust_status(struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return run(hufu_nss_status, ret_report, err);
}

enum hufu_status hufu_trust_install(struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    bool made = false;
    HUFU_TRY(hufu_leaf_ensure(&made, err));
    return run(hufu_nss_install, ret_report, err);
}

enum hufu_status hufu_trust_remove(struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return run(hufu_nss_remove, ret_report, err);
}

void hufu_trust_report_done(struct hufu_trust_report *report)
{
    hufu_stores_done(&report->stores);
}
