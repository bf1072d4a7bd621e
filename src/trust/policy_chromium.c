/* hufu's own file in each folder of policies. Seen in Chromium 156: it reads all files there, and
 * of a list that two of them set only the last file's, unless it is told to join them. */
#include "trust/policy_work.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Chromium itself would read such a file for seconds. */
enum { OTHER_MAX = 16 * 1024 * 1024 };

struct others {
    bool set;
    bool merge;
    char narrows[PATH_MAX]; /* the last that does, or "" */
};

static void look_at_other(struct others *others, const char *path)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = OTHER_MAX};
    struct hufu_policy_other other = {.sets = true, .narrows = true};
    int problem = hufu_file_read(path, &text);
    if (problem && problem != EFBIG)
        return; /* a folder, or what Chromium cannot read either */
    if (!problem)
        other = hufu_policy_look(hufu_buf_bytes(&text));
    others->set |= other.sets;
    others->merge |= other.merges;
    if (other.narrows)
        snprintf(others->narrows, sizeof others->narrows, "%s", path);
}

static void look_at_others(struct others *others, const char *own)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", own);
    char *name = strrchr(path, '/');
    *name++ = 0;
    size_t room = sizeof path - (size_t)(name - path);
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    name[-1] = '/';
    while (folder && (entry = readdir(folder)))
        if (strcmp(entry->d_name, strrchr(own, '/') + 1) != 0 && strlen(entry->d_name) < room) {
            snprintf(name, room, "%s", entry->d_name);
            look_at_other(others, path);
        }
    if (folder)
        closedir(folder);
}

void hufu_policy_chromium_install(struct hufu_policy_work *work)
{
    struct others others = {0};
    struct hufu_policy_file *file = work->file;
    if (!hufu_policy_look_at_file(work))
        return;
    look_at_others(&others, file->path);
    if (others.set && others.narrows[0]) {
        hufu_policy_refuse(work, HUFU_POLICY_NARROWS, others.narrows);
        return;
    }
    if (!hufu_policy_chromium(&work->order->sites, others.set && !others.merge, &file->text)) {
        hufu_policy_check(work, ENOMEM);
        return;
    }
    file->state = HUFU_POLICY_PRESENT;
    if (work->now.len == file->text.len &&
        memcmp(work->now.data, file->text.data, file->text.len) == 0)
        return;
    file->state = HUFU_POLICY_WRITTEN;
    if (hufu_policy_make_folder(work))
        hufu_policy_write(work, file->path, hufu_buf_bytes(&file->text));
}

void hufu_policy_chromium_remove(struct hufu_policy_work *work)
{
    if (!hufu_policy_look_at_file(work))
        return;
    work->file->state = work->there ? HUFU_POLICY_REMOVED : HUFU_POLICY_ABSENT;
    if (work->there)
        hufu_policy_unlink(work, work->file->path);
}
