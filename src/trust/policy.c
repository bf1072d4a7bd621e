#include "trust/policy.h"

#include "base/cleanup.h"
#include "trust/policy_work.h"

static void work_done(struct hufu_policy_work *work)
{
    hufu_buf_done(&work->now);
}

static hufu_policy_step *const steps[][2] = {
    [HUFU_POLICY_CHROMIUM] = {hufu_policy_chromium_install, hufu_policy_chromium_remove},
    [HUFU_POLICY_FIREFOX] = {hufu_policy_firefox_install, hufu_policy_firefox_remove},
};

static void work_on(const struct hufu_policy_order *order, struct hufu_policy_folders *folders,
                    struct hufu_policy_file *file)
{
    HUFU_AUTO(work_done)
    struct hufu_policy_work work = {
        .order = order, .folders = folders, .file = file, .now = {.max = HUFU_POLICY_TEXT_MAX}};
    file->text = (struct hufu_buf){.max = HUFU_POLICY_TEXT_MAX};
    steps[file->place->format][order->remove](&work);
}

static void finish(const struct hufu_policy_order *order, struct hufu_policy_folders *folders,
                   bool ok)
{
    if (order->dry_run)
        return;
    if (order->remove && ok)
        hufu_policy_folders_remove(folders);
    else
        hufu_policy_folders_save(folders);
}

void hufu_policy_run(const struct hufu_policy_order *order, struct hufu_policy_report *ret_report)
{
    HUFU_AUTO(hufu_policy_folders_done) struct hufu_policy_folders folders = {0};
    hufu_policy_folders_load(&folders, order->root);
    *ret_report = (struct hufu_policy_report){.ok = true};
    for (size_t i = 0; i < HUFU_POLICY_PLACES; i++) {
        struct hufu_policy_file *file = &ret_report->files[ret_report->count];
        file->place = &hufu_policy_places[i];
        if (!hufu_policy_place_file(file->place, order->root, file->path))
            continue;
        ret_report->count++;
        work_on(order, &folders, file);
        ret_report->ok &= file->state != HUFU_POLICY_REFUSED;
    }
    finish(order, &folders, ret_report->ok);
}

void hufu_policy_report_done(struct hufu_policy_report *report)
{
    for (size_t i = 0; i < report->count; i++)
        hufu_buf_done(&report->files[i].text);
}
