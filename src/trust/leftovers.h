/* What a run that was killed leaves in an NSS database and NSS itself would never take out. */
#ifndef HUFU_TRUST_LEFTOVERS_H
#define HUFU_TRUST_LEFTOVERS_H

/* Deletes the seals in key4.db of objects that are not in cert9.db: NSS writes the seal first. Does
 * nothing where the database cannot be changed at once: they do no harm. */
void hufu_leftovers_remove(const char *folder);

#endif
