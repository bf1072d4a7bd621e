/* The PKCS#11 modules that p11-kit is configured with, one by one: to find out which one fails, in
 * a process that may end with it. The worker loads them all at once (card/card.h). */
#ifndef HUFU_CARD_MODULES_H
#define HUFU_CARD_MODULES_H

#include "card/card.h"

#include <limits.h>

struct hufu_module_file {
    char path[PATH_MAX];   /* of the module */
    char config[PATH_MAX]; /* of the file that names it */
};

/* Reads p11-kit's configuration, without loading anything: the modules that hufu-worker would load,
 * the trust policies left out. At most `max`; the number of them. */
size_t hufu_modules_list(struct hufu_module_file *ret_files, size_t max);

/* As hufu_cards_open, with this module alone. HUFU_E_NO_DRIVER when it cannot be used; the detail
 * says why. The caller has seen that nobody else can have written it (hufu_file_is_guarded). */
enum hufu_status hufu_cards_open_one(const char *path, struct hufu_cards **ret_cards,
                                     struct hufu_error *err);

#endif
