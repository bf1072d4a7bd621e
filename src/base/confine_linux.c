#include "base/confine.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void hufu_confine_memory(void)
{
    static const char nothing[] = "0";
    const struct rlimit none = {0, 0};
    HUFU_AUTO(hufu_close) int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (setrlimit(RLIMIT_CORE, &none))
        hufu_log("core files: %s", strerror(errno));
    /* for those who take a core without the limit: a handler, gcore */
    if (fd < 0 || write(fd, nothing, sizeof nothing - 1) < 0)
        hufu_log("coredump_filter: %s", strerror(errno));
}

/* --- landlock: newer than the kernel headers of Debian 12, hence by number --- */

#define FS_TRUNCATE  (UINT64_C(1) << 14) /* from version 3 */
#define FS_IOCTL_DEV (UINT64_C(1) << 15) /* from version 5 */
#define FS_FIRST     ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define FS_READ      (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* No programs, no devices, no sockets or links to be made. */
#define FS_WRITE                                                                                   \
    (FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                     \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE | FS_IOCTL_DEV)
/* What a rule for something that is no folder may name. */
#define FS_OF_FILE                                                                                 \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

enum { NET_BIND_TCP = 1, NET_CONNECT_TCP = 2, SCOPE_ABSTRACT_UNIX = 1, SCOPE_SIGNAL = 2 };

enum { VERSION_REFER = 2, VERSION_TRUNCATE = 3, VERSION_NET = 4, VERSION_IOCTL = 5, VERSION_SCOPE };

struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scope;
};

/* hufud goes on to bind: a reload may bring new ports, and seccomp leaves no way to connect. */
static struct ruleset known_rules(enum hufu_confine_kind kind, long version)
{
    struct ruleset rules = {.fs = FS_FIRST};
    if (version >= VERSION_REFER)
        rules.fs |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= VERSION_TRUNCATE)
        rules.fs |= FS_TRUNCATE;
    if (version >= VERSION_IOCTL)
        rules.fs |= FS_IOCTL_DEV;
    if (version >= VERSION_NET)
        rules.net = kind == HUFU_CONFINE_SERVICE ? NET_CONNECT_TCP : NET_CONNECT_TCP | NET_BIND_TCP;
    if (version >= VERSION_SCOPE)
        rules.scope = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
    return rules;
}

void hufu_confine_begin(struct hufu_confinement *confinement, enum hufu_confine_kind kind)
{
    *confinement = (struct hufu_confinement){.kind = kind, .ruleset = -1};
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    const struct ruleset rules = known_rules(kind, version);
    if (version > 0)
        confinement->ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    confinement->landlock = confinement->ruleset >= 0 ? version : -errno;
}

void hufu_confine_allow(struct hufu_confinement *confinement, const char *path, bool writable)
{
    struct stat info;
    HUFU_AUTO(hufu_close) int fd = open(path, O_PATH | O_CLOEXEC);
    if (confinement->ruleset < 0 || fd < 0 || fstat(fd, &info))
        return;
    uint64_t access = writable ? FS_WRITE : FS_READ;
    access &= known_rules(confinement->kind, confinement->landlock).fs;
    if (!S_ISDIR(info.st_mode))
        access &= FS_OF_FILE;
    const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, confinement->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
        hufu_log("landlock: %s: %s", path, strerror(errno));
}

/* --- all of it --- */

#ifdef HUFU_SANITIZED
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

static void note(char text[HUFU_CONFINED_TEXT_MAX], int problem, const char *what)
{
    size_t len = strlen(text);
    if (problem)
        hufu_log("not confined: %s: %s", what, strerror(problem));
    else
        snprintf(text + len, HUFU_CONFINED_TEXT_MAX - len, "%s%s", len ? ", " : "", what);
}

static int set(int option, unsigned long value)
{
    return prctl(option, value, 0, 0, 0) ? errno : 0;
}

static void note_landlock(char text[HUFU_CONFINED_TEXT_MAX], long landlock)
{
    char name[32];
    snprintf(name, sizeof name, "landlock %ld", landlock);
    if (landlock > 0)
        note(text, 0, name);
    else
        note(text, (int)-landlock, "landlock");
}

static void confine(struct hufu_confinement *confinement, char text[HUFU_CONFINED_TEXT_MAX])
{
    enum { SET_MDWE = 65, REFUSE_EXEC_GAIN = 1 }; /* of Linux 6.3 */
    int unprivileged = set(PR_SET_NO_NEW_PRIVS, 1);
    int dumpable = set(PR_SET_DUMPABLE, 0);
    if (confinement->ruleset >= 0 && syscall(SYS_landlock_restrict_self, confinement->ruleset, 0))
        confinement->landlock = -errno;
    hufu_close(&confinement->ruleset);
    if (confinement->kind == HUFU_CONFINE_SERVICE)
        (void)set(SET_MDWE, REFUSE_EXEC_GAIN); /* seccomp says the same, where it can */
    note_landlock(text, confinement->landlock);
    note(text, hufu_syscalls_restrict(confinement->kind), "seccomp"); /* takes prctl away */
    note(text, unprivileged, "no new privileges");
    note(text, dumpable, "not dumpable");
}

void hufu_confine_end(struct hufu_confinement *confinement, char ret_text[HUFU_CONFINED_TEXT_MAX])
{
    ret_text[0] = 0;
    if (sanitized)
        snprintf(ret_text, HUFU_CONFINED_TEXT_MAX, "no: built with sanitizers");
    else
        confine(confinement, ret_text);
    hufu_close(&confinement->ruleset);
    hufu_log("confined: %s", ret_text);
}
