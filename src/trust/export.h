/* The user's certificate as files, for a browser that it has to be imported into by hand. */
#ifndef HUFU_TRUST_EXPORT_H
#define HUFU_TRUST_EXPORT_H

#include "crypto/leaf.h"

enum hufu_export_state {
    HUFU_EXPORT_PRESENT, /* it was there before, byte for byte */
    HUFU_EXPORT_WRITTEN,
    HUFU_EXPORT_REFUSED, /* `problem` says why */
};

struct hufu_export_file {
    char path[PATH_MAX];
    enum hufu_export_state state;
    int problem; /* an errno value; EEXIST: something else has the name, and keeps it */
};

enum hufu_export_form { HUFU_EXPORT_PEM, HUFU_EXPORT_DER, HUFU_EXPORT_FORM_COUNT };

struct hufu_export {
    struct hufu_export_file files[HUFU_EXPORT_FORM_COUNT];
    struct hufu_leaf_info leaf;
    bool ok; /* none was refused */
};

/* Puts the certificate into `folder`, which exists, as hufu-localhost.pem and hufu-localhost.der.
 * Nothing that exists is replaced; with `dry_run` nothing is written. HUFU_E_LEAF when there is no
 * certificate. */
enum hufu_status hufu_trust_export(const char *folder, bool dry_run, struct hufu_export *ret_export,
                                   struct hufu_error *err);

#endif
