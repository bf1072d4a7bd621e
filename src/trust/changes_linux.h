/* Tells when files and folders appear, change or go, wherever they are and whether or not they are
 * there yet. inotify takes only what exists: what is missing is awaited in the deepest folder that
 * is there. Nothing is opened and nothing is read. */
#ifndef HUFU_TRUST_CHANGES_H
#define HUFU_TRUST_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hufu_changes {
    int fd;          /* readable when something happened; -1 when nothing can be watched */
    bool incomplete; /* something is not watched: the system has no more watches to give */
    uint64_t state;  /* of all that was added, as it was found; equal while nothing changes */
    struct hufu_expected *expected;
    size_t count;
};

/* What hufu_changes_read has seen; IRRELEVANT is 0. */
enum hufu_change {
    HUFU_CHANGES_IRRELEVANT, /* other names in a folder that is watched */
    HUFU_CHANGES_CLOSED,     /* a file was closed by who could write to it, and nothing else */
    HUFU_CHANGES_SEEN,
};

/* A new one begins without anything to watch. Release with hufu_changes_done, which also forgets
 * what happened and was not read. */
void hufu_changes_begin(struct hufu_changes *ret_changes);
void hufu_changes_done(struct hufu_changes *changes);

/* Watches `path`, which is absolute, and then looks at it: what happens after that is an event. Of
 * a folder, what appears and goes in it counts as well. */
void hufu_changes_add(struct hufu_changes *changes, const char *path);

/* Takes what has happened so far; does not wait. */
enum hufu_change hufu_changes_read(struct hufu_changes *changes);

#endif
