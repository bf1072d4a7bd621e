#include "trust/changes_linux.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EVENTS_SIZE = 4096 };

/* Events of a watched folder come with a name; most are about files that nobody asked for. */
struct hufu_expected {
    int watch;
    uint64_t name; /* its hash; ANY_NAME for a folder that was itself asked for */
};

static const uint64_t any_name = 0;

/* FNV-1a, by its published constants. Two names or states that share a value cost one look too many
 * or, once in a lifetime of the universe, a change that the next one brings along. */
static const uint64_t hash_start = 0xcbf29ce484222325;

static uint64_t hash(uint64_t state, const void *data, size_t len)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < len; i++)
        state = (state ^ byte[i]) * 0x100000001b3;
    return state;
}

/* Access times are left out: whoever looks changes them. */
static uint64_t hash_file(uint64_t state, const struct stat *info)
{
    const uint64_t parts[] = {
        info->st_dev,
        info->st_ino,
        info->st_mode,
        info->st_uid,
        S_ISDIR(info->st_mode) ? 0 : (uint64_t)info->st_size,
        (uint64_t)info->st_mtim.tv_sec,
        (uint64_t)info->st_mtim.tv_nsec,
    };
    return hash(state, parts, sizeof parts);
}

void hufu_changes_begin(struct hufu_changes *ret_changes)
{
    *ret_changes =
        (struct hufu_changes){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .state = hash_start};
    ret_changes->incomplete = ret_changes->fd < 0;
}

void hufu_changes_done(struct hufu_changes *changes)
{
    if (changes->fd >= 0)
        close(changes->fd);
    free(changes->expected);
    *changes = (struct hufu_changes){.fd = -1};
}

/* A path that went away, or that may not be looked at, is not a failure: its folder is watched. */
static int watch(struct hufu_changes *changes, const char *path, uint32_t mask)
{
    if (changes->fd < 0)
        return -1;
    int watch =
        inotify_add_watch(changes->fd, path, mask | IN_MASK_ADD | IN_MOVE_SELF | IN_DELETE_SELF);
    if (watch < 0 && (errno == ENOSPC || errno == ENOMEM))
        changes->incomplete = true;
    return watch;
}

static void expect(struct hufu_changes *changes, int watch, uint64_t name)
{
    struct hufu_expected *expected = changes->expected;
    for (size_t i = 0; i < changes->count; i++)
        if (expected[i].watch == watch && expected[i].name == name)
            return;
    if (watch < 0 || !(expected = reallocarray(expected, changes->count + 1, sizeof *expected))) {
        changes->incomplete |= watch >= 0;
        return;
    }
    expected[changes->count++] = (struct hufu_expected){.watch = watch, .name = name};
    changes->expected = expected;
}

static bool exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

/* Watches the folder `path` because `name`, the next part of the way, is missing in it. True when
 * it has come in the meantime. */
static bool await(struct hufu_changes *changes, const char *folder, const char *path,
                  const char *name)
{
    expect(changes, watch(changes, folder, IN_CREATE | IN_MOVED_TO),
           hash(hash_start, name, strlen(name)));
    return exists(path);
}

/* Follows the way down to where it ends or is missing. A folder on it could be moved away with all
 * that is below. False when it is missing. */
static bool watch_way(struct hufu_changes *changes, const char *path)
{
    char way[PATH_MAX];
    char folder[PATH_MAX] = "/";
    if (snprintf(way, sizeof way, "%s", path) >= (int)sizeof way)
        return false;
    for (char *slash = way; slash;) {
        char *next = strchr(slash + 1, '/');
        if (next)
            *next = 0;
        (void)watch(changes, folder, 0);
        if (!exists(way) && !await(changes, folder, way, slash + 1))
            return false;
        memcpy(folder, way, strlen(way) + 1);
        if (next)
            *next = '/';
        slash = next;
    }
    return true;
}

void hufu_changes_add(struct hufu_changes *changes, const char *path)
{
    struct stat info = {0};
    bool found = watch_way(changes, path) && stat(path, &info) == 0;
    if (found && S_ISDIR(info.st_mode))
        expect(changes, watch(changes, path, IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE),
               any_name);
    else if (found)
        (void)watch(changes, path, IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE);
    if (!found || stat(path, &info))
        info = (struct stat){0};
    changes->state = hash_file(hash(changes->state, path, strlen(path)), &info);
}

static bool is_expected(const struct hufu_changes *changes, const struct inotify_event *event)
{
    uint64_t name = hash(hash_start, event->name, strlen(event->name));
    for (size_t i = 0; i < changes->count; i++)
        if (changes->expected[i].watch == event->wd &&
            (changes->expected[i].name == any_name || changes->expected[i].name == name))
            return true;
    return false;
}

static enum hufu_change judge(const struct hufu_changes *changes, const struct inotify_event *event)
{
    if (event->len)
        return is_expected(changes, event) ? HUFU_CHANGES_SEEN : HUFU_CHANGES_IRRELEVANT;
    return event->mask & IN_CLOSE_WRITE ? HUFU_CHANGES_CLOSED : HUFU_CHANGES_SEEN;
}

enum hufu_change hufu_changes_read(struct hufu_changes *changes)
{
    _Alignas(struct inotify_event) char block[EVENTS_SIZE];
    enum hufu_change most = HUFU_CHANGES_IRRELEVANT;
    for (ssize_t len; (len = read(changes->fd, block, sizeof block)) > 0;)
        for (char *at = block; at < block + len;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;
            enum hufu_change one = judge(changes, event);
            most = one > most ? one : most;
            at += sizeof *event + event->len;
        }
    return most;
}
