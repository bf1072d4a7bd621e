/* What `sudo hufu trust ... --system` does in the name of the user: their files are theirs, and
 * root neither reads nor writes in their home. */
#ifndef HUFU_TRUST_OWNER_H
#define HUFU_TRUST_OWNER_H

#include "crypto/leaf.h"
#include "wire/running.h"

#include <stddef.h>
#include <stdint.h>

/* What the user hands over; nothing of it is checked. */
struct hufu_owner_authorities {
    struct hufu_ports ports; /* of the user's hufud; none when it does not run */
    size_t count;            /* of the authorities, in DER */
    struct {
        size_t len;
        uint8_t der[HUFU_LEAF_MAX];
    } items[HUFU_LEAF_COUNT];
};

/* In a child that is hufu_path_owner(): gives the leaves that form, but makes none for
 * HUFU_LEAF_AS_IT_IS, and takes none back that is not there. false when the child failed. */
bool hufu_owner_authorities(enum hufu_leaf_form form, struct hufu_owner_authorities *ret_found);

#endif
