/* Which file said what of a product, so that two that claim the same can both be named. */
#ifndef HUFU_SERVICE_CLAIMS_H
#define HUFU_SERVICE_CLAIMS_H

#include "service/config.h"
#include "wire/problems.h"

enum hufu_claim {
    HUFU_CLAIM_PRODUCT,
    HUFU_CLAIM_PORTS,
    HUFU_CLAIM_PATH_IDS,
    HUFU_CLAIM_COMNAMES,
    HUFU_CLAIM_COUNT
};

struct hufu_claims;

/* NULL when out of memory. */
struct hufu_claims *hufu_claims_new(void);
void hufu_claims_free(struct hufu_claims *claims);

/* What follows is of this folder, of this file. */
void hufu_claims_folder(struct hufu_claims *claims);
void hufu_claims_file(struct hufu_claims *claims, const char *path);

/* The present file says that much of the product with this number. A later folder may say it anew;
 * false when it is another file of the same folder that has the product, which is `*ret_other`
 * then, borrowed. */
bool hufu_claims_note(struct hufu_claims *claims, size_t product, enum hufu_claim claim,
                      const char **ret_other);

/* Adds what two products have in common, by the file that came later. */
void hufu_claims_check(const struct hufu_claims *claims, const struct hufu_config *config,
                       struct hufu_problems *problems);

#endif
