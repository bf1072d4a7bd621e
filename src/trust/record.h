/* What hufu did to this user's home, for taking it back: every certificate that was ever given to a
 * store, and every file and folder that hufu made for one. Written to the disk before the thing
 * itself is done: after a crash there is a line too many at worst. */
#ifndef HUFU_TRUST_RECORD_H
#define HUFU_TRUST_RECORD_H

#include "base/buf.h"
#include "error/error.h"

#include <stdbool.h>
#include <stddef.h>

struct hufu_record {
    struct hufu_buf given; /* SHA-256 (hex) of the certificates, one a line */
    struct hufu_buf made;  /* paths, a NUL before and after each */
};

/* Nothing is no error. HUFU_E_STORE, HUFU_E_LEAF. Release it with hufu_record_done. */
enum hufu_status hufu_record_read(struct hufu_record *ret_record, struct hufu_error *err);
void hufu_record_done(struct hufu_record *record);

/* Where the record and hufu's own leaf are; made where it is missing. */
enum hufu_status hufu_record_make_home(struct hufu_error *err);

/* These change only what is on the disk. The folder of the record must be there. */

enum hufu_status hufu_record_given(const struct hufu_record *record, const char *sha256,
                                   struct hufu_error *err);

/* Records `file` in `folder` and makes the folder and those above it (0700), recorded where they
 * were missing. Several processes may call it at the same time. */
enum hufu_status hufu_record_make(const char *folder, const char *file, struct hufu_error *err);

/* From here until hufu_record_end, a run is at work; `ret_interrupted` says that an earlier one
 * never came to its end. The caller holds the lock. */
enum hufu_status hufu_record_begin(bool *ret_interrupted, struct hufu_error *err);
void hufu_record_end(void);

bool hufu_record_has_made(const struct hufu_record *record, const char *path);

/* Removes hufu's own leaves and, when `all`, the record and every folder of it that is empty. */
enum hufu_status hufu_record_forget(const struct hufu_record *record, bool all,
                                    struct hufu_error *err);

#endif
