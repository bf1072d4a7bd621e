/* A PIN: on a page of its own, locked into memory, left out of core files and children, wiped when
 * released. It has no formatter on purpose; only card/ reads its bytes. */
#ifndef HUFU_BASE_SECRET_H
#define HUFU_BASE_SECRET_H

#include <stddef.h>

/* The longest PIN: PKCS#11 tokens in the field take 6-16, SoftHSM up to 255. */
#define HUFU_SECRET_MAX 255

struct hufu_secret;

/* A copy of `len` bytes; NULL when too long or out of memory. The caller wipes its own copy. */
struct hufu_secret *hufu_secret_new(const char *data, size_t len);
void hufu_secret_free(struct hufu_secret *secret);

/* Borrowed, NUL-terminated, until hufu_secret_free. */
const char *hufu_secret_bytes(const struct hufu_secret *secret);
size_t hufu_secret_len(const struct hufu_secret *secret);

#endif
