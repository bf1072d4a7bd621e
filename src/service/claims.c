#include "service/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Each product may have a file in each of the three folders. */
enum { FILES_MAX = 3 * HUFU_PRODUCTS_MAX };

struct hufu_claims {
    unsigned folder;
    size_t file_count;
    char *files[FILES_MAX]; /* in the order in which they were read */
    struct {
        unsigned folder;                /* 0 before the first claim */
        size_t files[HUFU_CLAIM_COUNT]; /* by number; the last ones that said it */
    } products[HUFU_PRODUCTS_MAX];
};

struct hufu_claims *hufu_claims_new(void)
{
    return calloc(1, sizeof(struct hufu_claims));
}

void hufu_claims_free(struct hufu_claims *claims)
{
    for (size_t i = 0; claims && i < claims->file_count; i++)
        free(claims->files[i]);
    free(claims);
}

void hufu_claims_folder(struct hufu_claims *claims)
{
    claims->folder++;
}

/* Those behind the last number count as one file; there are no products for them. */
void hufu_claims_file(struct hufu_claims *claims, const char *path)
{
    char *copy = claims->file_count < FILES_MAX ? strdup(path) : NULL;
    if (copy)
        claims->files[claims->file_count++] = copy;
}

bool hufu_claims_note(struct hufu_claims *claims, size_t product, enum hufu_claim claim,
                      const char **ret_other)
{
    size_t now = claims->file_count ? claims->file_count - 1 : 0;
    size_t *files = claims->products[product].files;
    if (claims->products[product].folder == claims->folder && files[HUFU_CLAIM_PRODUCT] != now) {
        *ret_other = claims->files[files[HUFU_CLAIM_PRODUCT]];
        return false;
    }
    claims->products[product].folder = claims->folder;
    files[HUFU_CLAIM_PRODUCT] = files[claim] = now;
    return true;
}

/* --- what two products share --- */

/* One component may serve several institutions on the ports that it always had. */
static bool share_ports(const struct hufu_product *a, const struct hufu_product *b)
{
    if (a->component[0] && strcmp(a->component, b->component) == 0)
        return false;
    for (int i = 0; i < HUFU_PORTS; i++)
        for (int j = 0; j < HUFU_PORTS; j++)
            if (a->ports[i] && a->ports[i] == b->ports[j])
                return true;
    return false;
}

static bool share_names(const char a[HUFU_NAMES_PER_PRODUCT][HUFU_NAME_BYTES],
                        const char b[HUFU_NAMES_PER_PRODUCT][HUFU_NAME_BYTES])
{
    for (size_t i = 0; i < HUFU_NAMES_PER_PRODUCT && a[i][0]; i++)
        for (size_t j = 0; j < HUFU_NAMES_PER_PRODUCT && b[j][0]; j++)
            if (strcasecmp(a[i], b[j]) == 0)
                return true;
    return false;
}

static bool share_path_ids(const struct hufu_product *a, const struct hufu_product *b)
{
    return share_names(a->path_ids, b->path_ids);
}

static bool share_comnames(const struct hufu_product *a, const struct hufu_product *b)
{
    return share_names(a->comnames, b->comnames);
}

static const struct {
    bool (*share)(const struct hufu_product *a, const struct hufu_product *b);
    enum hufu_expected expected;
} checks[HUFU_CLAIM_COUNT] = {
    [HUFU_CLAIM_PORTS] = {share_ports, HUFU_EXPECTED_OWN_PORTS},
    [HUFU_CLAIM_PATH_IDS] = {share_path_ids, HUFU_EXPECTED_OWN_PATH_ID},
    [HUFU_CLAIM_COMNAMES] = {share_comnames, HUFU_EXPECTED_OWN_COMNAME},
};

static void check_pair(const struct hufu_claims *claims, const struct hufu_config *config, size_t a,
                       size_t b, struct hufu_problems *problems)
{
    for (size_t claim = HUFU_CLAIM_PORTS; claim < HUFU_CLAIM_COUNT; claim++) {
        size_t first = claims->products[a].files[claim];
        size_t later = claims->products[b].files[claim];
        if (!checks[claim].share(&config->products[a], &config->products[b]))
            continue;
        hufu_problems_add(problems, claims->files[first > later ? first : later], 0,
                          checks[claim].expected, claims->files[first > later ? later : first]);
    }
}

void hufu_claims_check(const struct hufu_claims *claims, const struct hufu_config *config,
                       struct hufu_problems *problems)
{
    for (size_t a = 0; claims->file_count && a < config->product_count; a++)
        for (size_t b = a + 1; b < config->product_count; b++)
            check_pair(claims, config, a, b, problems);
}
