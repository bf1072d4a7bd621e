#include "trust/trust.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "trust/holder.h"
#include "trust/lock.h"
#include "trust/places.h"
#include "trust/policy_certificate.h"
#include "trust/record.h"
#include "trust/store.h"
#include "trust/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STORE_SECONDS = 20, /* a running browser locks its database for a moment, not for that */
    CHILDREN_MAX = 8,   /* they wait for the disk, not for a processor */
};

enum verb { STATUS, INSTALL, REPAIR, REMOVE };

/* What every store is asked with. */
struct task {
    struct hufu_buf leaves[HUFU_LEAF_COUNT];
    size_t leaf_count;
    struct hufu_record record;
};

static void task_init(struct task *task)
{
    *task = (struct task){0};
    for (size_t i = 0; i < HUFU_LEAF_COUNT; i++)
        hufu_buf_init(&task->leaves[i], HUFU_LEAF_MAX);
}

static void task_done(struct task *task)
{
    for (size_t i = 0; i < HUFU_LEAF_COUNT; i++)
        hufu_buf_done(&task->leaves[i]);
    hufu_record_done(&task->record);
}

static void load_leaves(struct hufu_trust_report *report, struct task *task)
{
    if (hufu_leaves_read(task->leaves, &task->leaf_count, NULL) != HUFU_OK)
        task->leaf_count = 0;
    report->has_leaf = task->leaf_count && hufu_leaf_info(hufu_buf_bytes(&task->leaves[0]),
                                                          &report->leaf, NULL) == HUFU_OK;
}

/* The next one ends after the current one, the previous one before it. */
static void load_next(struct hufu_trust_report *report, const struct task *task,
                      const struct hufu_leaf_paths *paths)
{
    for (size_t i = 1; i < task->leaf_count; i++) {
        struct hufu_leaf_info info;
        if (hufu_leaf_info(hufu_buf_bytes(&task->leaves[i]), &info, NULL) != HUFU_OK ||
            info.not_after <= report->leaf.not_after)
            continue;
        report->next = info;
        report->has_next = hufu_path_join(report->next_certificate, paths->folder, "next.pem");
    }
}

/* Before the first store is touched: what a crash leaves behind is known. */
static enum hufu_status record_leaves(const struct task *task, struct hufu_error *err)
{
    for (size_t i = 0; i < task->leaf_count; i++) {
        struct hufu_leaf_info info;
        HUFU_TRY(hufu_leaf_info(hufu_buf_bytes(&task->leaves[i]), &info, err));
        HUFU_TRY(hufu_record_given(&task->record, info.sha256, err));
    }
    return HUFU_OK;
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

static bool none_failed(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (report->stores.items[i].answer.handshake == HUFU_TRUST_FAILED)
            return false;
    return true;
}

static bool all_trust(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (!trusts(&report->stores.items[i].answer))
            return false;
    bool valid = report->has_leaf && report->leaf.not_after > time(NULL);
    return none_failed(report) && report->stores.count > 0 &&
           (valid || report->dry_run || report->system);
}

static bool none_refused(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (report->stores.items[i].answer.state == HUFU_TRUST_REFUSED)
            return false;
    return true;
}

/* Its child may have been stopped half way. */
static bool one_is_silent(const struct hufu_trust_report *report)
{
    for (size_t i = 0; i < report->stores.count; i++)
        if (report->stores.items[i].answer.reason == HUFU_TRUST_NO_ANSWER)
            return true;
    return false;
}

/* What a browser has seen of a certificate it keeps until it ends: that it refused one that its
 * store trusts by now, and that it took one that its store has no more. */
static bool must_restart(const struct hufu_store *store, const char *sha256)
{
    struct hufu_process holder;
    return trusts(&store->answer) ? hufu_server_is_refused(sha256, store->path)
                                  : store->answer.state == HUFU_TRUST_REMOVED &&
                                        hufu_holders_find(store->path, &holder, 1) > 0;
}

static void judge_restarts(struct hufu_trust_report *report)
{
    const char *served = report->server.port ? report->server.sha256 : report->leaf.sha256;
    for (size_t i = 0; i < report->stores.count; i++) {
        struct hufu_store *store = &report->stores.items[i];
        if (must_restart(store, served))
            store->answer.restart = true;
    }
}

/* Where a run that takes back got no lock, hufu has no folder, and nothing is of hufu: whatever
 * another run does by now is not its affair. */
static enum hufu_status prepare(enum verb verb, int lock, struct hufu_trust_report *report,
                                struct task *task, struct hufu_error *err)
{
    struct hufu_leaf_paths paths;
    if (report->system)
        return hufu_system_find(&report->stores, err);
    HUFU_TRY(hufu_stores_find(&report->stores, err));
    HUFU_TRY(hufu_leaf_paths(&paths, err));
    memcpy(report->certificate, paths.certificate, sizeof report->certificate);
    load_leaves(report, task);
    load_next(report, task, &paths);
    if (verb != REMOVE || lock >= 0 || report->dry_run)
        HUFU_TRY(hufu_record_read(&task->record, err));
    if (!report->dry_run && (verb == INSTALL || verb == REPAIR))
        HUFU_TRY(record_leaves(task, err));
    return HUFU_OK;
}

static struct hufu_store_order order_of(const struct task *task, bool dry_run)
{
    struct hufu_store_order order = {.leaf_count = task->leaf_count,
                                     .ours = hufu_buf_text(&task->record.given),
                                     .record = &task->record,
                                     .dry_run = dry_run};
    for (size_t i = 0; i < task->leaf_count; i++)
        order.leaves[i] = hufu_buf_bytes(&task->leaves[i]);
    return order;
}

/* What a policy of the administrator names. It is for browsers that start with a profile which hufu
 * does not know, so it costs no store its trust when it fails. */
static void follow_policy(enum verb verb, const struct hufu_store_order *order)
{
    if (verb == REMOVE)
        hufu_policy_take_certificates();
    else if (verb != STATUS && order->leaf_count && hufu_policy_wants_certificates())
        (void)hufu_policy_place_certificates(order->leaves, order->leaf_count, NULL);
}

static enum hufu_status run(enum verb verb, int lock, const struct hufu_trust_options *options,
                            struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    HUFU_AUTO(hufu_trust_report_done)
    struct hufu_trust_report report = {.dry_run = options->dry_run, .system = options->system};
    HUFU_AUTO(task_done) struct task task;
    task_init(&task);
    HUFU_TRY(prepare(verb, lock, &report, &task, err));
    struct hufu_store_order order = order_of(&task, options->dry_run);
    if (verb == STATUS && !options->system)
        hufu_server_find(&order, &report.server);
    order.port = report.server.state >= HUFU_SERVER_OUTDATED ? report.server.port : 0;
    if (lock >= 0)
        HUFU_TRY(hufu_record_begin(&order.interrupted, err));
    ask_all(verb, &order, &report.stores);
    if (lock >= 0 && !one_is_silent(&report))
        hufu_record_end();
    if (lock >= 0 && !options->system)
        follow_policy(verb, &order);
    if (verb == REMOVE && lock >= 0)
        HUFU_TRY(hufu_record_forget(&task.record, none_refused(&report), err));
    if (!report.dry_run)
        judge_restarts(&report);
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

/* Everything but looking: one run at a time. */
static enum hufu_status change(enum verb verb, const struct hufu_trust_options *options,
                               struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    bool changed = false;
    struct hufu_places_bases bases;
    HUFU_AUTO(hufu_close) int lock = -1;
    if (options->dry_run || options->system)
        return run(verb, lock, options, ret_report, err);
    HUFU_TRY(hufu_places_bases(&bases, err)); /* nothing is made in someone else's home */
    HUFU_TRY(hufu_trust_lock(verb != REMOVE && !options->only_kept, &lock, err));
    if (options->only_kept && is_taken_back()) {
        *ret_report = (struct hufu_trust_report){0};
        return HUFU_OK;
    }
    if (verb != REMOVE)
        HUFU_TRY(hufu_leaf_ensure(&changed, err));
    return run(verb, lock, options, ret_report, err);
}

enum hufu_status hufu_trust_status(const struct hufu_trust_options *options,
                                   struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return run(STATUS, -1, options, ret_report, err);
}

enum hufu_status hufu_trust_install(const struct hufu_trust_options *options,
                                    struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return change(INSTALL, options, ret_report, err);
}

enum hufu_status hufu_trust_repair(const struct hufu_trust_options *options,
                                   struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return change(REPAIR, options, ret_report, err);
}

enum hufu_status hufu_trust_remove(const struct hufu_trust_options *options,
                                   struct hufu_trust_report *ret_report, struct hufu_error *err)
{
    return change(REMOVE, options, ret_report, err);
}

void hufu_trust_report_done(struct hufu_trust_report *report)
{
    hufu_stores_done(&report->stores);
}
