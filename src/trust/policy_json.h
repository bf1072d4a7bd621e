/* What browsers' policy files hold, from text to text. Nested JSON is jansson's, and jansson's only
 * home in this folder is here. A function returns false when a text is not what it has to be or
 * memory is out, and adds nothing to its output then. */
#ifndef HUFU_TRUST_POLICY_JSON_H
#define HUFU_TRUST_POLICY_JSON_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* The largest published templates of policies.json have 100 KB. */
#define HUFU_POLICY_TEXT_MAX ((size_t)1024 * 1024)

/* The files (DER) that Firefox looks for in each user's own folder of certificates: the leaf and
 * the one that comes after it. */
enum { HUFU_POLICY_CERTIFICATES = 2 };
extern const char *const hufu_policy_certificates[HUFU_POLICY_CERTIFICATES];

/* Valid origins (wire/origin.h), borrowed. */
struct hufu_policy_sites {
    const char *const *origins;
    size_t count;
};

/* hufu's own file for Chromium and its relatives. With `merges` Chromium joins the lists of all its
 * files; without it the last file by name that sets a list replaces those before it. */
bool hufu_policy_chromium(const struct hufu_policy_sites *sites, bool merges,
                          struct hufu_buf *ret_text);

/* What another file of the same folder means for hufu's. */
struct hufu_policy_other {
    bool sets;    /* one of the lists that hufu sets */
    bool merges;  /* and has Chromium join them */
    bool narrows; /* has Chromium join other lists, not these: two files cannot both say which */
};

/* Chromium takes comments and stray commas, so a text that cannot be read is looked through. */
struct hufu_policy_other hufu_policy_look(struct hufu_bytes text);

/* Firefox has one file, the administrator's. Appends `base` (empty: there was none) with the sites
 * and the certificates added, or as it is when it has them all. */
bool hufu_policy_firefox_add(struct hufu_bytes base, const struct hufu_policy_sites *sites,
                             struct hufu_buf *ret_text);

/* Appends `now` without what `written` has and `base` has not; nothing when that leaves nothing. */
bool hufu_policy_firefox_take(struct hufu_bytes now, struct hufu_bytes written,
                              struct hufu_bytes base, struct hufu_buf *ret_text);

/* Whether the policies have Firefox look for hufu's certificates. */
bool hufu_policy_firefox_names_certificates(struct hufu_bytes text);

#endif
