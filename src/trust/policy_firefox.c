/* The administrator's one file. Two files beside it say what hufu did: policies.json.hufu-backup is
 * it as it was (empty: there was none), policies.json.hufu is it as hufu wrote it. */
#include "trust/policy_work.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char system_file[] = "/etc/firefox/policies/policies.json";

struct beside {
    char backup[PATH_MAX];
    char written[PATH_MAX];
    bool was_written;
    struct hufu_buf before; /* what is in them */
    struct hufu_buf after;
};

static void beside_done(struct beside *beside)
{
    hufu_buf_done(&beside->before);
    hufu_buf_done(&beside->after);
}

static bool is_same(const struct hufu_buf *one, const struct hufu_buf *other)
{
    return one->len == other->len && (!one->len || memcmp(one->data, other->data, one->len) == 0);
}

static bool load_beside(struct hufu_policy_work *work, struct beside *beside)
{
    const char *path = work->file->path;
    if (snprintf(beside->backup, PATH_MAX, "%s.hufu-backup", path) >= PATH_MAX ||
        snprintf(beside->written, PATH_MAX, "%s.hufu", path) >= PATH_MAX)
        return hufu_policy_check(work, ENAMETOOLONG);
    int problem = hufu_file_read(beside->written, &beside->after);
    if (problem == ENOENT)
        return true;
    beside->was_written = true;
    problem = problem ? problem : hufu_file_read(beside->backup, &beside->before);
    if (problem != ENOENT)
        return hufu_policy_check(work, problem);
    hufu_policy_refuse(work, HUFU_POLICY_NO_COPY, "");
    return false;
}

/* Appends the file as it would be without hufu: byte for byte when it is as hufu wrote it. */
static bool without_hufu(struct hufu_policy_work *work, const struct beside *beside,
                         struct hufu_buf *ret_base)
{
    bool untouched = beside->was_written && is_same(&work->now, &beside->after);
    const struct hufu_buf *base = untouched ? &beside->before : &work->now;
    if (!beside->was_written || untouched) {
        hufu_buf_add(ret_base, base->data, base->len);
        return !ret_base->failed || hufu_policy_check(work, ENOMEM);
    }
    if (!work->there ||
        hufu_policy_firefox_take(hufu_buf_bytes(&work->now), hufu_buf_bytes(&beside->after),
                                 hufu_buf_bytes(&beside->before), ret_base))
        return true;
    hufu_policy_refuse(work, HUFU_POLICY_NOT_UNDERSTOOD, "");
    return false;
}

/* Firefox reads what is beside its program only while there is nothing in /etc. */
static bool would_hide(struct hufu_policy_work *work)
{
    char hidden[PATH_MAX];
    const char *name = work->file->path + strlen(work->order->root);
    if (work->there || strcmp(name, system_file) != 0 ||
        !hufu_policy_hidden(work->order->root, hidden))
        return false;
    hufu_policy_refuse(work, HUFU_POLICY_HIDES, hidden);
    return true;
}

/* What is beside the file has to fit it; the disk may be full, so this is as much as can be done.
 */
static void put_back(struct hufu_policy_work *work, const struct beside *beside)
{
    if (beside->was_written) {
        (void)hufu_file_write(beside->written, work->mode, hufu_buf_bytes(&beside->after));
        (void)hufu_file_write(beside->backup, work->mode, hufu_buf_bytes(&beside->before));
    } else {
        unlink(beside->written);
        unlink(beside->backup);
    }
}

/* The file itself is last: until then nothing was done. */
static void write_all(struct hufu_policy_work *work, const struct beside *beside,
                      const struct hufu_buf *base)
{
    struct hufu_bytes text = hufu_buf_bytes(&work->file->text);
    if (!hufu_policy_make_folder(work))
        return;
    if (!hufu_policy_write(work, beside->backup, hufu_buf_bytes(base)) ||
        !hufu_policy_write(work, beside->written, text) ||
        !hufu_policy_write(work, work->file->path, text))
        put_back(work, beside);
    else if (base->len)
        snprintf(work->file->copy, sizeof work->file->copy, "%s", beside->backup);
}

void hufu_policy_firefox_install(struct hufu_policy_work *work)
{
    HUFU_AUTO(beside_done)
    struct beside beside = {.before = {.max = HUFU_POLICY_TEXT_MAX},
                            .after = {.max = HUFU_POLICY_TEXT_MAX}};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base = {.max = HUFU_POLICY_TEXT_MAX};
    struct hufu_policy_file *file = work->file;
    if (!hufu_policy_look_at_file(work) || would_hide(work) || !load_beside(work, &beside) ||
        !without_hufu(work, &beside, &base))
        return;
    if ((work->there && !work->now.len) ||
        !hufu_policy_firefox_add(hufu_buf_bytes(&base), &work->order->sites, &file->text)) {
        hufu_policy_refuse(work, HUFU_POLICY_NOT_UNDERSTOOD, "");
        return;
    }
    file->state = HUFU_POLICY_PRESENT;
    if (is_same(&work->now, &file->text))
        return;
    file->state = HUFU_POLICY_WRITTEN;
    write_all(work, &beside, &base);
}

void hufu_policy_firefox_remove(struct hufu_policy_work *work)
{
    HUFU_AUTO(beside_done)
    struct beside beside = {.before = {.max = HUFU_POLICY_TEXT_MAX},
                            .after = {.max = HUFU_POLICY_TEXT_MAX}};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf base = {.max = HUFU_POLICY_TEXT_MAX};
    struct hufu_policy_file *file = work->file;
    file->state = HUFU_POLICY_ABSENT;
    if (!load_beside(work, &beside) || !beside.was_written || !hufu_policy_look_at_file(work) ||
        !without_hufu(work, &beside, &base))
        return;
    file->state = HUFU_POLICY_REMOVED;
    bool done = !base.len ? hufu_policy_unlink(work, file->path)
                          : is_same(&base, &work->now) ||
                                hufu_policy_write(work, file->path, hufu_buf_bytes(&base));
    if (done && hufu_policy_unlink(work, beside.written))
        hufu_policy_unlink(work, beside.backup);
}
