/* One policy file while it is worked on, and the folders that were made for all of them. */
#ifndef HUFU_TRUST_POLICY_WORK_H
#define HUFU_TRUST_POLICY_WORK_H

#include "trust/policy.h"

#include <sys/types.h>

/* Paths without the root, one a line, in the order in which they were made. */
struct hufu_policy_folders {
    const char *root;
    struct hufu_buf made;
};

struct hufu_policy_work {
    const struct hufu_policy_order *order;
    struct hufu_policy_folders *folders;
    struct hufu_policy_file *file;
    bool there;          /* and `now` is what is in it */
    mode_t mode;         /* of the file, or of what is made */
    struct hufu_buf now; /* empty when it is not there */
};

void hufu_policy_refuse(struct hufu_policy_work *work, enum hufu_policy_reason reason,
                        const char *cause);

/* Each returns whether it went well, and otherwise says why in the file. A dry run changes nothing
 * and goes well. */
bool hufu_policy_look_at_file(struct hufu_policy_work *work);
bool hufu_policy_make_folder(struct hufu_policy_work *work);
bool hufu_policy_write(struct hufu_policy_work *work, const char *path, struct hufu_bytes text);
bool hufu_policy_unlink(struct hufu_policy_work *work, const char *path);

/* An errno value, or 0, of something done to the file. */
bool hufu_policy_check(struct hufu_policy_work *work, int problem);

/* The list is kept in /var/lib/hufu, so that folders which hufu made go when they are empty. A list
 * that cannot be kept costs that, and nothing else. */
void hufu_policy_folders_load(struct hufu_policy_folders *folders, const char *root);
void hufu_policy_folders_save(struct hufu_policy_folders *folders);
void hufu_policy_folders_remove(struct hufu_policy_folders *folders);
void hufu_policy_folders_done(struct hufu_policy_folders *folders);

/* The two kinds of files. */
typedef void hufu_policy_step(struct hufu_policy_work *work);
hufu_policy_step hufu_policy_chromium_install;
hufu_policy_step hufu_policy_chromium_remove;
hufu_policy_step hufu_policy_firefox_install;
hufu_policy_step hufu_policy_firefox_remove;

#endif
