#include "trust/profiles.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LIST_BYTES_MAX = 1024 * 1024, /* ten thousand profiles of a hundred bytes */
    LINE_BYTES_MAX = PATH_MAX,    /* a name and `Path=`: what is longer names no folder */
    ENTRIES_MAX = 4096,           /* a folder of profiles has a dozen files besides them */
};

HUFU_DEFINE_AUTO(DIR *, closedir)

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

struct reader {
    hufu_profile_found *found;
    void *context;
    bool in_profile; /* a section [Profile...], in which Default is a number */
};

/* [Profile0] Path=, and what an installation opens: [Install...] Default= of profiles.ini, or
 * Default= in any section of installs.ini. */
static void take_line(struct reader *reader, const char *line)
{
    if (line[0] == '[')
        reader->in_profile = starts_with(line, "[Profile");
    const char *name = reader->in_profile ? "Path=" : "Default=";
    if (starts_with(line, name) && line[strlen(name)])
        reader->found(reader->context, line + strlen(name));
}

/* NULs and lines of any length are read over. */
static enum hufu_trust_reason take_text(struct reader *reader, struct hufu_bytes text)
{
    enum hufu_trust_reason reason = HUFU_TRUST_NO_REASON;
    for (size_t at = 0; at < text.len;) {
        const char *start = (const char *)text.data + at;
        size_t len = 0;
        while (at + len < text.len && start[len] != '\n' && start[len] != '\r')
            len++;
        at += len + 1;
        char line[LINE_BYTES_MAX];
        if (len >= sizeof line || memchr(start, 0, len)) {
            reason = HUFU_TRUST_BAD_LIST;
            continue;
        }
        memcpy(line, start, len);
        line[len] = 0;
        take_line(reader, line + strspn(line, " \t"));
    }
    return reason;
}

/* A link is followed as far as the user's own folders go. */
static enum hufu_trust_reason judge_list(const char *list, const struct hufu_places_bases *bases,
                                         bool *ret_exists)
{
    char real[PATH_MAX];
    struct stat info;
    *ret_exists = lstat(list, &info) == 0;
    if (!*ret_exists)
        return errno == ENOENT ? HUFU_TRUST_NO_REASON : HUFU_TRUST_BAD_LIST;
    if (!realpath(list, real) || !hufu_places_hold(bases, real))
        return HUFU_TRUST_NOT_OURS;
    return HUFU_TRUST_NO_REASON;
}

enum hufu_trust_reason hufu_profiles_read(const char *list, const struct hufu_places_bases *bases,
                                          hufu_profile_found *found, void *context)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf}; /* U+FEFF, which some editors put first */
    bool exists = false;
    enum hufu_trust_reason reason = judge_list(list, bases, &exists);
    if (reason || !exists)
        return reason;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = LIST_BYTES_MAX};
    if (hufu_file_read(list, &buf))
        return HUFU_TRUST_BAD_LIST;
    struct hufu_bytes text = hufu_buf_bytes(&buf);
    if (text.len >= sizeof mark && memcmp(text.data, mark, sizeof mark) == 0)
        text = hufu_bytes_of(text.data + sizeof mark, text.len - sizeof mark);
    struct reader reader = {.found = found, .context = context};
    return take_text(&reader, text);
}

/* compatibility.ini is the first file that a browser writes into a profile. A link is none: the
 * browsers make folders. */
static bool is_used_profile(int root, const struct dirent *entry)
{
    char name[sizeof entry->d_name + sizeof "/compatibility.ini"];
    if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
        return false;
    snprintf(name, sizeof name, "%s/compatibility.ini", entry->d_name);
    if (faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return true;
    snprintf(name, sizeof name, "%s/cert9.db", entry->d_name);
    return faccessat(root, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum hufu_trust_reason hufu_profiles_scan(const char *root, hufu_profile_found *found,
                                          void *context)
{
    HUFU_AUTO(closedir_auto) DIR *folder = opendir(root);
    if (!folder)
        return HUFU_TRUST_UNREADABLE;
    const struct dirent *entry = NULL;
    for (size_t seen = 0; (entry = readdir(folder)); seen++) {
        if (seen == ENTRIES_MAX)
            return HUFU_TRUST_TOO_MANY;
        if (is_used_profile(dirfd(folder), entry))
            found(context, entry->d_name);
    }
    return HUFU_TRUST_NO_REASON;
}
