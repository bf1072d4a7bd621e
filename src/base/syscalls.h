/* Which system calls a confined process may make (seccomp). libseccomp is used here only. */
#ifndef HUFU_BASE_SYSCALLS_H
#define HUFU_BASE_SYSCALLS_H

#include "base/confine.h"

/* Returns 0 or an errno value. */
int hufu_syscalls_restrict(enum hufu_confine_kind kind);

#endif
