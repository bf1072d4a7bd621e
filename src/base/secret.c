#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

struct hufu_secret {
    size_t len;
    char bytes[HUFU_SECRET_MAX + 1];
};

struct hufu_secret *hufu_secret_new(const char *data, size_t len)
{
    if (len > HUFU_SECRET_MAX)
        return NULL;
    struct hufu_secret *secret =
        mmap(NULL, sizeof *secret, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    /* All may be refused (RLIMIT_MEMLOCK 0); the PIN is then as safe as the rest of the process. */
    (void)mlock(secret, sizeof *secret);
    (void)madvise(secret, sizeof *secret, MADV_DONTDUMP);
    (void)madvise(secret, sizeof *secret, MADV_DONTFORK); /* a window is no place for it */
    memcpy(secret->bytes, data, len);
    secret->len = len;
    return secret;
}

void hufu_secret_free(struct hufu_secret *secret)
{
    if (!secret)
        return;
    explicit_bzero(secret, sizeof *secret);
    munmap(secret, sizeof *secret);
}

const char *hufu_secret_bytes(const struct hufu_secret *secret)
{
    return secret->bytes;
}

size_t hufu_secret_len(const struct hufu_secret *secret)
{
    return secret->len;
}
