/* Sites that are known to ask for a card. They change what a window says about a site and nothing
 * else: a known site is asked about like every other one. */
#ifndef HUFU_SITES_SUGGESTIONS_H
#define HUFU_SITES_SUGGESTIONS_H

#include "error/error.h"
#include "wire/origin.h"

/* Bounds for a broken file. */
#define HUFU_SUGGESTIONS_MAX 256
enum { HUFU_SUGGESTION_NAME_BYTES = 100 };

struct hufu_suggestions;

/* Reads data_folder/sites.d. Release with hufu_suggestions_free. */
enum hufu_status hufu_suggestions_load(const char *data_folder,
                                       struct hufu_suggestions **ret_suggestions,
                                       struct hufu_error *err);
void hufu_suggestions_free(struct hufu_suggestions *suggestions);

/* Whose site this exact origin is, or NULL; borrowed. `suggestions` may be NULL. */
const char *hufu_suggestions_name(const struct hufu_suggestions *suggestions, const char *origin,
                                  enum hufu_language language);

/* The sites one after another, borrowed; NULL behind the last. */
const char *hufu_suggestions_origin(const struct hufu_suggestions *suggestions, size_t index);

#endif
