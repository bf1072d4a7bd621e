#include "trust/owner.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "trust/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OWNER_SECONDS = 10 }; /* it makes two keys at most */

/* For good, and with the user's own home: sudo may have kept root's. */
static bool become(uid_t uid)
{
    if (uid == geteuid())
        return true;
    const struct passwd *user = getpwuid(uid);
    return user && initgroups(user->pw_name, user->pw_gid) == 0 && setgid(user->pw_gid) == 0 &&
           setuid(uid) == 0 && setenv("HOME", user->pw_dir, 1) == 0 &&
           unsetenv("XDG_DATA_HOME") == 0 && unsetenv("XDG_STATE_HOME") == 0 && chdir("/") == 0;
}

static bool has_leaf(void)
{
    struct hufu_leaf_paths paths;
    return hufu_leaf_paths(&paths, NULL) == HUFU_OK && access(paths.certificate, F_OK) == 0;
}

/* Like any run that changes something: alone, and with a record of the folders that it makes. */
static bool give_form(enum hufu_leaf_form form)
{
    bool changed = false;
    HUFU_AUTO(hufu_close) int lock = -1;
    umask(077);
    if (form == HUFU_LEAF_AS_IT_IS || (form == HUFU_LEAF_ALONE && !has_leaf()))
        return true;
    return hufu_trust_lock(form == HUFU_LEAF_WITH_AUTHORITY, &lock, NULL) == HUFU_OK &&
           hufu_leaf_ensure_form(form, &changed, NULL) == HUFU_OK;
}

static void read_authorities(struct hufu_owner_authorities *ret_found)
{
    struct hufu_buf ders[HUFU_LEAF_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < HUFU_LEAF_COUNT; i++)
        hufu_buf_init(&ders[i], HUFU_LEAF_MAX);
    if (hufu_authorities_read(ders, &count, NULL) != HUFU_OK)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(ret_found->items[i].der, ders[i].data, ders[i].len);
        ret_found->items[i].len = ders[i].len;
    }
    ret_found->count = count;
    for (size_t i = 0; i < HUFU_LEAF_COUNT; i++)
        hufu_buf_done(&ders[i]);
}

static bool answer(int fd, enum hufu_leaf_form form)
{
    struct hufu_owner_authorities found = {0};
    alarm(OWNER_SECONDS);
    if (!become(hufu_path_owner()) || !give_form(form))
        return false;
    read_authorities(&found);
    hufu_ports_read(&found.ports);
    return write(fd, &found, sizeof found) == (ssize_t)sizeof found;
}

/* Whoever the child became may have written what they like. */
static bool is_sound(const struct hufu_owner_authorities *found)
{
    bool sound = found->count <= HUFU_LEAF_COUNT && found->ports.count <= HUFU_PORTS_MAX;
    for (size_t i = 0; sound && i < found->count; i++)
        sound = found->items[i].len <= HUFU_LEAF_MAX;
    return sound;
}

static bool receive(int fd, struct hufu_owner_authorities *ret_found)
{
    struct hufu_owner_authorities found;
    size_t len = 0;
    ssize_t got = 1;
    while (len < sizeof found && got > 0) {
        got = TEMP_FAILURE_RETRY(read(fd, (char *)&found + len, sizeof found - len));
        len += got > 0 ? (size_t)got : 0;
    }
    if (len != sizeof found || !is_sound(&found))
        return false;
    *ret_found = found;
    return true;
}

bool hufu_owner_authorities(enum hufu_leaf_form form, struct hufu_owner_authorities *ret_found)
{
    int ends[2];
    int status = -1;
    if (pipe2(ends, O_CLOEXEC))
        return false;
    pid_t child = fork();
    if (child == 0)
        _exit(answer(ends[1], form) ? 0 : 1);
    close(ends[1]);
    bool received = child > 0 && receive(ends[0], ret_found);
    close(ends[0]);
    if (child > 0)
        TEMP_FAILURE_RETRY(waitpid(child, &status, 0));
    return received && status == 0;
}
