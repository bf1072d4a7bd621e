#include "base/syscalls.h"

#include "base/cleanup.h"

#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Used with every name of a table that ends with "". */
typedef const char *const names[];

/* Programs, other processes, and the parts of the kernel through which others were attacked. None
 * of ours ever calls them; a library that does without being asked is one that someone took over.
 */
static names dangerous = {"ptrace",
                          "process_vm_readv",
                          "process_vm_writev",
                          "process_madvise",
                          "pidfd_getfd",
                          "kcmp",
                          "bpf",
                          "perf_event_open",
                          "io_uring_setup",
                          "io_uring_enter",
                          "io_uring_register",
                          "keyctl",
                          "add_key",
                          "request_key",
                          "userfaultfd",
                          "mount",
                          "umount2",
                          "mount_setattr",
                          "move_mount",
                          "open_tree",
                          "fsopen",
                          "fsconfig",
                          "fsmount",
                          "fspick",
                          "pivot_root",
                          "chroot",
                          "setns",
                          "unshare",
                          "open_by_handle_at",
                          "name_to_handle_at",
                          "kexec_load",
                          "kexec_file_load",
                          "init_module",
                          "finit_module",
                          "delete_module",
                          "reboot",
                          "swapon",
                          "swapoff",
                          "acct",
                          "quotactl",
                          "settimeofday",
                          "clock_settime",
                          "adjtimex",
                          "clock_adjtime",
                          "personality",
                          "modify_ldt",
                          "iopl",
                          "ioperm",
                          "vhangup",
                          ""};

static names programs = {"execve", "execveat", ""};
static names processes = {"fork", "vfork", "clone", "clone3", ""};

/* What hufud does in a normal life, with reloads and an orderly end: libevent, OpenSSL, libc. Which
 * files it reaches is landlock's part. */
static names daily = {
    /* connections */
    "accept", "accept4", "bind", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom",
    "recvmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    /* descriptors */
    "close", "dup", "dup2", "dup3", "fcntl", "lseek", "pipe2", "pread64", "pwrite64", "read",
    "readv", "write", "writev",
    /* the loop */
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "poll",
    "ppoll", "pselect6", "select", "timerfd_create", "timerfd_settime",
    /* files */
    "access", "faccessat", "faccessat2", "fallocate", "fchmod", "fdatasync", "flock", "fstat",
    "fstatfs", "fsync", "ftruncate", "getcwd", "getdents64", "inotify_add_watch", "inotify_init1",
    "inotify_rm_watch", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat", "readlink",
    "readlinkat", "rename", "renameat", "renameat2", "stat", "statx", "umask", "unlink", "unlinkat",
    /* memory */
    "brk", "madvise", "mlock", "mlock2", "mremap", "munlock", "munmap",
    /* time */
    "clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "nanosleep", "time",
    /* signals */
    "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigtimedwait", "sigaltstack",
    /* itself, and the end of its monitor */
    "exit", "exit_group", "futex", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom",
    "getrlimit", "getrusage", "gettid", "getuid", "membarrier", "rseq", "sched_getaffinity",
    "sched_yield", "set_robust_list", "sysinfo", "times", "uname", "wait4", "waitid", ""};

/* What the dispatcher does all its life: accepts, asks the kernel, connects, hands on. */
static names handing = {"accept4",
                        "close",
                        "connect",
                        "getpeername",
                        "getsockname",
                        "getsockopt",
                        "sendmsg",
                        "sendto",
                        "recvfrom",
                        "poll",
                        "ppoll",
                        "write",
                        "fstat",
                        "brk",
                        "munmap",
                        "mremap",
                        "madvise",
                        "clock_gettime",
                        "clock_nanosleep",
                        "nanosleep",
                        "restart_syscall",
                        "rt_sigaction",
                        "rt_sigprocmask",
                        "rt_sigreturn",
                        "exit",
                        "exit_group",
                        "futex",
                        "getpid",
                        "gettid",
                        "getuid",
                        ""};

static void release(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

/* An older libseccomp or another processor may lack a name; then the default applies to it. */
static int add_all(scmp_filter_ctx filter, uint32_t action, names table)
{
    int problem = 0;
    for (size_t i = 0; !problem && table[i][0]; i++) {
        int number = seccomp_syscall_resolve_name(table[i]);
        if (number != __NR_SCMP_ERROR)
            problem = seccomp_rule_add(filter, action, number, 0);
    }
    return problem;
}

static int add(scmp_filter_ctx filter, uint32_t action, int number, struct scmp_arg_cmp condition)
{
    return seccomp_rule_add(filter, action, number, 1, condition);
}

/* A reload may open ports. */
static int allow_sockets(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp stream =
        SCMP_A1(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_STREAM);
    const int families[] = {AF_INET, AF_INET6};
    int problem = 0;
    for (size_t i = 0; !problem && i < sizeof families / sizeof families[0]; i++)
        problem = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
                                   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0), stream);
    return problem;
}

static int allow_plain_memory(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp plain = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
    const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    int problem = 0;
    for (size_t i = 0; !problem && i < sizeof calls / sizeof calls[0]; i++) {
        problem = add(filter, SCMP_ACT_ALLOW, calls[i], plain);
        problem = problem ? problem : add(filter, SCMP_ACT_ERRNO(EACCES), calls[i], executable);
    }
    return problem;
}

/* abort() ends this process and no other; limits are read, not set. */
static int allow_own_affairs(scmp_filter_ctx filter)
{
    int problem = add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
                      SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    problem = problem
                  ? problem
                  : add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0, 0));
    problem = problem
                  ? problem
                  : add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONREAD, 0));
    return problem ? problem
                   : add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONBIO, 0));
}

static int restrict_service(scmp_filter_ctx filter)
{
    int problem = add_all(filter, SCMP_ACT_KILL_PROCESS, dangerous);
    problem = problem ? problem : add_all(filter, SCMP_ACT_KILL_PROCESS, programs);
    problem = problem ? problem : add_all(filter, SCMP_ACT_KILL_PROCESS, processes);
    problem = problem ? problem : add_all(filter, SCMP_ACT_ALLOW, daily);
    problem = problem ? problem : allow_sockets(filter);
    problem = problem ? problem : allow_plain_memory(filter);
    return problem ? problem : allow_own_affairs(filter);
}

static int restrict_dispatcher(scmp_filter_ctx filter)
{
    int problem = add_all(filter, SCMP_ACT_KILL_PROCESS, dangerous);
    problem = problem ? problem : add_all(filter, SCMP_ACT_KILL_PROCESS, programs);
    problem = problem ? problem : add_all(filter, SCMP_ACT_KILL_PROCESS, processes);
    problem = problem ? problem : add_all(filter, SCMP_ACT_ALLOW, handing);
    problem = problem ? problem : allow_plain_memory(filter);
    return problem
               ? problem
               : add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0));
}

/* A module that tries gets an error it can live with. Keystrokes into our terminal would be run by
 * its shell. */
static int restrict_worker(scmp_filter_ctx filter)
{
    const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
    int problem = add_all(filter, refuse, dangerous);
    problem = problem ? problem : add_all(filter, refuse, programs);
    problem = problem ? problem
                      : add(filter, refuse, SCMP_SYS(ioctl),
                            SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, TIOCSTI));
    return problem ? problem
                   : add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket),
                         SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
}

/* ENOSYS for what a list of allowed ones does not name: libc then takes an older way, or says so.
 */
int hufu_syscalls_restrict(enum hufu_confine_kind kind)
{
    enum { BY_NUMBER = 2 }; /* a search tree in place of a long list: hufud calls often */
    static int (*const restricts[])(scmp_filter_ctx filter) = {
        [HUFU_CONFINE_SERVICE] = restrict_service,
        [HUFU_CONFINE_DISPATCHER] = restrict_dispatcher,
        [HUFU_CONFINE_WORKER] = restrict_worker,
    };
    bool listed = kind != HUFU_CONFINE_WORKER;
    HUFU_AUTO(release)
    scmp_filter_ctx filter = seccomp_init(listed ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW);
    if (!filter)
        return ENOMEM;
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, BY_NUMBER);
    int problem = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    problem = problem ? problem : restricts[kind](filter);
    problem = problem ? problem : seccomp_load(filter);
    return problem < 0 ? -problem : 0;
}
