/* What leaf.c and renewal.c share of the files of the leaves. */
#ifndef HUFU_CRYPTO_LEAF_FILES_H
#define HUFU_CRYPTO_LEAF_FILES_H

#include "crypto/leaf.h"

#include <openssl/types.h>

enum hufu_status hufu_leaf_locate(enum hufu_leaf which, struct hufu_leaf_paths *ret_paths,
                                  struct hufu_error *err);

/* A leaf, and after it in the same file, where it has one, its authority (else NULL): so the two
 * are never torn apart. Release both with X509_free, also after false. */
bool hufu_leaf_load(const char *path, X509 **ret_leaf, X509 **ret_authority);

bool hufu_leaf_read_time(const ASN1_TIME *from, time_t *ret_time);

#endif
