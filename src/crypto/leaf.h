/* The user's own certificate for localhost: self-signed and CA:FALSE, so its key can speak for this
 * user's localhost and vouch for nothing else (docs/decisions/0002-a-leaf-and-no-ca.md). */
#ifndef HUFU_CRYPTO_LEAF_H
#define HUFU_CRYPTO_LEAF_H

#include "base/buf.h"
#include "crypto/sha256.h"
#include "error/error.h"

#include <limits.h>
#include <stdbool.h>
#include <time.h>

enum {
    HUFU_LEAF_VALID_DAYS = 730, /* Apple's verifiers, the strictest, take at most 825 */
    HUFU_LEAF_RENEW_DAYS = 30,  /* nobody meets an expired one as long as hufud starts monthly */
    HUFU_LEAF_MAX = 4096,       /* ours is below 700 bytes of DER */
    HUFU_LEAF_SHA256_SIZE = HUFU_SHA256_SIZE,
};

struct hufu_leaf_paths {
    char folder[PATH_MAX];
    char certificate[PATH_MAX]; /* PEM */
    char key[PATH_MAX];         /* PKCS#8 PEM, readable by the user alone */
};

struct hufu_leaf_info {
    char sha256[HUFU_LEAF_SHA256_SIZE]; /* of the DER, lower-case hex */
    time_t not_after;
};

/* All of them fail with HUFU_E_LEAF. */

/* Where the leaf is, made or not: the folder "tls" of hufu_path_data(). */
enum hufu_status hufu_leaf_paths(struct hufu_leaf_paths *ret_paths, struct hufu_error *err);

/* Makes a new leaf when there is none that a server could use for another HUFU_LEAF_RENEW_DAYS.
 * `ret_made` says whether it did. Two processes may call it at the same time. */
enum hufu_status hufu_leaf_ensure(bool *ret_made, struct hufu_error *err);

/* Appends the certificate's DER; at most HUFU_LEAF_MAX bytes. */
enum hufu_status hufu_leaf_read(struct hufu_buf *ret_der, struct hufu_error *err);

enum hufu_status hufu_leaf_info(struct hufu_bytes der, struct hufu_leaf_info *ret_info,
                                struct hufu_error *err);

#endif
