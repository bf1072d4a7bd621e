#include "trust/trust.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "trust/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STORE_SECONDS = 20,        /* a running browser locks its database for a moment, not for that */
    CHILDREN_MAX = 8,          /* they wait for the disk, not for a processor */
    INSTALLED_MAX = 64 * 1024, /* a thousand leaves: one a year for a thousand years */
};

enum verb { STATUS, INSTALL, REPAIR, REMOVE };

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

/* --- children: one for each store --- */

static hufu_store_action *action_of(enum verb verb, const struct hufu_store *store)
{
    const struct hufu_store_actions *actions = store->actions;
    hufu_store_action *const by_verb[] = {[STATUS] = actions->status,
                                          [INSTALL] = actions->install,
                                          [REPAIR] = actions->repair,
                                          [REMOVE] = actions->remove};
    return by_verb[verb];
}

struct child {
    pid_t pid;
    int fd; /* of its answer; -1 when there is none */
    struct hufu_store *store;
};

static void answer_in_child(int fd, hufu_store_action *action, const struct hufu_store_order *order,
                            const char *path)
{
    struct hufu_trust_answer answer = {0};
    alarm(STORE_SECONDS);
    umask(077);
    action(order, path, &answer);
    _exit(write(fd, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : 1);
}

static struct child start(hufu_store_action *action, const struct hufu_store_order *order,
                          struct hufu_store *store)
{
    struct child child = {.pid = -1, .fd = -1, .store = store};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return child;
    child.pid = fork();
    if (child.pid == 0)
        answer_in_child(ends[1], action, order, store->path);
    close(ends[1]);
    child.fd = ends[0];
    return child;
}

/* A child that ends without a whole answer has none. */
static void collect(struct child *child)
{
    struct hufu_trust_answer answer = {0};
    size_t len = 0;
    ssize_t got = 1;
    while (child->fd >= 0 && len < sizeof answer && got > 0) {
        got = TEMP_FAILURE_RETRY(read(child->fd, (char *)&answer + len, sizeof answer - len));
        len += got > 0 ? (size_t)got : 0;
    }
    child->store->answer = len == sizeof answer
                               ? answer
                               : (struct hufu_trust_answer){.state = HUFU_TRUST_REFUSED,
                                                            .reason = HUFU_TRUST_NO_ANSWER};
    if (child->pid > 0)
        TEMP_FAILURE_RETRY(waitpid(child->pid, NULL, 0));
    if (child->fd >= 0)
        close(child->fd);
}

/* Some at a time: most of the time of each goes by waiting for the disk. */
static void ask_all(enum verb verb, const struct hufu_store_order *order,
                    struct hufu_stores *stores)
{
    struct child children[CHILDREN_MAX];
    size_t started = 0;
    size_t collected = 0;
    for (size_t i = 0; i < stores->count; i++) {
        struct hufu_store *store = &stores->items[i];
        if (store->answer.state == HUFU_TRUST_REFUSED)
            continue;
        if (started - collected == CHILDREN_MAX)
            collect(&children[collected++ % CHILDREN_MAX]);
        children[started++ % CHILDREN_MAX] = start(action_of(verb, store), order, store);
    }
    while (collected < started)
        collect(&children[collected++ % CHILDREN_MAX]);
}

/* --- the report --- */

static bool trusts(const struct hufu_trust_answer *answer)
{
    return answer->state == HUFU_TRUST_TRUSTED || answer->state == HUFU_TRUST_ADDED ||
           answer->state == HUFU_TRUST_REPAIRED;
}

static bool all_trust(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (!trusts(&report->stores.items[i].answer))
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

static enum hufu_status prepare(enum verb verb, struct hufu_trust_report *report, struct task *task,
                                struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    memcpy(report->certificate, paths.certificate, sizeof report->certificate);
    load_leaf(report, task);
    HUFU_TRY(read_installed(&task->ours, err));
    if (!report->dry_run && (verb == INSTALL || verb == REPAIR))
        HUFU_TRY(note_installed(report->leaf.sha256, &task->ours, err));
    return hufu_stores_find(&report->stores, err);
}

static enum hufu_status run(enum verb verb, const struct hufu_trust_options *options,
                            struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    HUFU_AUTO(hufu_trust_report_done)
    struct hufu_trust_report report = {.dry_run = options->dry_run};
    HUFU_AUTO(task_done)
    struct task task = {.leaf = {.max = HUFU_LEAF_MAX}, .ours = {.max = INSTALLED_MAX}};
    HUFU_TRY(prepare(verb, &report, &task, err));
    const struct hufu_store_order order = {.leaves = {hufu_buf_bytes(&task.leaf)},
                                           .leaf_count = report.has_leaf ? 1 : 0,
                                           .ours = hufu_buf_text(&task.ours),
                                           .dry_run = options->dry_run};
    ask_all(verb, &order, &report.stores);
    report.ok = verb == REMOVE ? none_refused(&report) : all_trust(&report);
    *ret_report = report;
    report.stores = (struct hufu_stores){0};
    return HUFU_OK;
}

static bool is_taken_back(void)
{
    struct hufu_leaf_paths paths;
    return hufu_leaf_paths(&paths, NULL) == HUFU_OK && access(paths.certificate, F_OK) != 0;
}

static enum hufu_status ensure_and_run(enum verb verb, const struct hufu_trust_options *options,
                                       struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    bool made = false;
    if (options->only_kept && is_taken_back()) {
        *ret_report = (struct hufu_trust_report){0};
        return HUFU_OK;
    }
    if (!options->dry_run)
        HUFU_TRY(hufu_leaf_ensure(&made, err));
    return run(verb, options, ret_report, err);
}

enum hufu_status hufu_trust_status(const struct hufu_trust_options *options,
                                   struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return run(STATUS, options, ret_report, err);
}

enum hufu_status hufu_trust_install(const struct hufu_trust_options *options,
                                    struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return ensure_and_run(INSTALL, options, ret_report, err);
}

enum hufu_status hufu_trust_repair(const struct hufu_trust_options *options,
                                   struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return ensure_and_run(REPAIR, options, ret_report, err);
}

enum hufu_status hufu_trust_remove(const struct hufu_trust_options *options,
                                   struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return run(REMOVE, options, ret_report, err);
}

void hufu_trust_report_done(struct hufu_trust_report *report)
{
    hufu_stores_done(&report->stores);
}
