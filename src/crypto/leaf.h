/* The user's own certificate for localhost: self-signed and CA:FALSE, so its key can speak for this
 * user's localhost and vouch for nothing else (docs/decisions/0002-a-leaf-and-no-ca.md). Beside the
 * current one there may be the next one, known to all stores long before it is needed, and the
 * previous one, whose key is gone. */
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
    HUFU_LEAF_NEXT_DAYS = 90,   /* before the end the next one is made and given to all stores */
    HUFU_LEAF_RENEW_DAYS = 30,  /* before the end the next one takes over */
    HUFU_LEAF_KNOWN_DAYS = 7, /* and not earlier after it was made: browsers read their stores when
                                 they start */
    HUFU_LEAF_LAST_DAYS = 1,  /* unless this is all that is left */
    HUFU_LEAF_KEEP_DAYS = 7,  /* after its end the previous one leaves the stores */
    HUFU_LEAF_MAX = 4096,     /* ours is below 700 bytes of DER */
    HUFU_LEAF_SHA256_SIZE = HUFU_SHA256_SIZE,
    HUFU_LEAF_SPKI_SIZE = 45, /* base64 of 32 bytes and its NUL */
};

enum hufu_leaf { HUFU_LEAF_CURRENT, HUFU_LEAF_NEXT, HUFU_LEAF_PREVIOUS, HUFU_LEAF_COUNT };

/* A store that takes nothing but CAs needs a leaf that an authority signed (crypto/authority.h). */
enum hufu_leaf_form { HUFU_LEAF_AS_IT_IS, HUFU_LEAF_ALONE, HUFU_LEAF_WITH_AUTHORITY };

struct hufu_leaf_paths {
    char folder[PATH_MAX];
    char certificate[PATH_MAX]; /* PEM, its authority after it */
    char key[PATH_MAX];         /* PKCS#8 PEM, readable by the user alone */
};

struct hufu_leaf_info {
    char sha256[HUFU_LEAF_SHA256_SIZE]; /* of the DER, lower-case hex */
    char spki[HUFU_LEAF_SPKI_SIZE]; /* SHA-256 of its public key in base64, as browsers pin it */
    time_t not_after;
};

/* All of them fail with HUFU_E_LEAF. */

/* Where the current leaf is, made or not: the folder "tls" of hufu_path_data(). */
enum hufu_status hufu_leaf_paths(struct hufu_leaf_paths *ret_paths, struct hufu_error *err);

/* Makes and renews what is missing or about to end, and mends what an earlier run left half done.
 * `ret_changed` says whether stores and servers have to look again. Two processes may call it at
 * the same time. */
enum hufu_status hufu_leaf_ensure(bool *ret_changed, struct hufu_error *err);

/* The same, and from now on leaves have the given form. Without an authority, a leaf that had one
 * stays. */
enum hufu_status hufu_leaf_ensure_form(enum hufu_leaf_form form, bool *ret_changed,
                                       struct hufu_error *err);

/* The next moment at which hufu_leaf_ensure may have something to do, if nobody touches the files;
 * 0 when there is none to come, as without a leaf. */
time_t hufu_leaf_due(void);

/* Appends the current certificate's DER; at most HUFU_LEAF_MAX bytes. */
enum hufu_status hufu_leaf_read(struct hufu_buf *ret_der, struct hufu_error *err);

/* The DER of every leaf that stores are to trust: the current one, then the next and the previous
 * one where there are such. Each buffer is empty and takes HUFU_LEAF_MAX bytes. Without a current
 * one, none. */
enum hufu_status hufu_leaves_read(struct hufu_buf ret_ders[HUFU_LEAF_COUNT], size_t *ret_count,
                                  struct hufu_error *err);

/* The same with their authorities. Without one of the current leaf, none. */
enum hufu_status hufu_authorities_read(struct hufu_buf ret_ders[HUFU_LEAF_COUNT], size_t *ret_count,
                                       struct hufu_error *err);

enum hufu_status hufu_leaf_info(struct hufu_bytes der, struct hufu_leaf_info *ret_info,
                                struct hufu_error *err);

#endif
