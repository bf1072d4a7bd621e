/* Whether what stands at a path is the user's own, asked before anything there is opened: never
 * out of the user's own folders, and never into what would not answer. */
#ifndef HUFU_TRUST_JUDGE_H
#define HUFU_TRUST_JUDGE_H

#include "trust/answer.h"
#include "trust/places.h"

#include <sys/stat.h>

/* The folder of a place, or as much of it as is there. On the way to it may be links, such as a
 * home on another disk or snapd's `current`, but they must end in what is the user's own. */
enum hufu_trust_reason hufu_judge_place(const struct hufu_places_bases *bases, const char *folder);

/* Appends `rest` to `path`, part by part: nothing there may be a link, another user's, or a way
 * up. `ret_info` is of the last part; its st_ino is 0 when that is not there or was refused. */
enum hufu_trust_reason hufu_judge_below(char path[PATH_MAX], const char *rest,
                                        struct stat *ret_info);

/* Whether the files of the database in `folder`, as far as they are there, are plain files of this
 * user. When not, `ret_answer` is refused. */
bool hufu_store_judge_files(const char *folder, struct hufu_trust_answer *ret_answer);

#endif
