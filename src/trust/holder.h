/* Which running programs have a browser's database open. */
#ifndef HUFU_TRUST_HOLDER_H
#define HUFU_TRUST_HOLDER_H

#include "base/process.h"

#include <stdbool.h>
#include <stddef.h>

/* The programs of this user, other than this one, that have a file of the NSS database in `folder`
 * open: a browser keeps cert9.db open as long as it runs. Writes at most `max` and returns how many
 * there are of these. Programs that the kernel hides from their own user are not seen. Takes
 * milliseconds, for it reads through /proc. */
size_t hufu_holders_find(const char *folder, struct hufu_process *ret_holders, size_t max);

/* Whether `pid` is one of them, or was started by one: a browser's connections are made by another
 * process than the one that reads its database. */
bool hufu_holder_is(pid_t pid, const char *folder);

#endif
