#include "card/tries.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "crypto/sha256.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 256 };

static bool find_folder(char ret_path[PATH_MAX])
{
    char state[PATH_MAX];
    return hufu_path_state(state) && hufu_path_join(ret_path, state, "tries");
}

/* No text of a card holds a line break (hufu_cards_reader), so no two cards share a name. */
static bool find_file(const struct hufu_reader *reader, char ret_path[PATH_MAX])
{
    char folder[PATH_MAX];
    char name[HUFU_SHA256_SIZE];
    HUFU_AUTO(hufu_buf_done) struct hufu_buf card = {.max = NAMES_MAX};
    hufu_buf_printf(&card, "%s\n%s\n%s", reader->card_manufacturer, reader->card_label,
                    reader->card_serial);
    return !card.failed && hufu_sha256(hufu_buf_bytes(&card), name) && find_folder(folder) &&
           hufu_path_join(ret_path, folder, name);
}

size_t hufu_tries_wrong(const struct hufu_reader *reader)
{
    char path[PATH_MAX];
    struct stat info;
    if (!find_file(reader, path) || lstat(path, &info) || !S_ISREG(info.st_mode))
        return 0;
    return info.st_size > 0 ? (size_t)info.st_size : 1; /* empty: ended before it could write */
}

static bool append(const struct hufu_reader *reader, char who, int flags)
{
    char folder[PATH_MAX];
    char path[PATH_MAX];
    if (!find_folder(folder) || hufu_folder_make(folder, 0700) || !find_file(reader, path))
        return false;
    HUFU_AUTO(hufu_close)
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    return fd >= 0 && write(fd, &who, 1) == 1;
}

/* Of two that make the file at once, the kernel lets one. */
bool hufu_tries_claim(const struct hufu_reader *reader)
{
    return append(reader, 'p', O_EXCL);
}

void hufu_tries_add(const struct hufu_reader *reader)
{
    (void)append(reader, 'w', 0); /* the card counts as well, and the person knows */
}

void hufu_tries_forget(const struct hufu_reader *reader)
{
    char path[PATH_MAX];
    if (find_file(reader, path))
        (void)unlink(path);
}
