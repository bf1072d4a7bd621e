/* What hufud is told: hufu.ini and the component map. Read at start and again on SIGHUP. */
#ifndef HUFU_SERVICE_CONFIG_H
#define HUFU_SERVICE_CONFIG_H

#include "error/error.h"
#include "wire/problems.h"
#include "wire/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ten times what is published today, and a bound for a broken file. */
#define HUFU_PRODUCTS_MAX 64

enum { HUFU_PORTS = 3, HUFU_NAMES_PER_PRODUCT = 8, HUFU_NAME_BYTES = 64, HUFU_VERSION_BYTES = 32 };

/* One installable product of the ServiSign world: a bank's or an agency's own port triple and
 * names for one component (docs/protocol/servisign.md, endpoints). */
struct hufu_product {
    char name[HUFU_NAME_BYTES];
    char component[HUFU_NAME_BYTES]; /* which table of functions serves it; "" for none yet */
    uint16_t ports[HUFU_PORTS];
    char path_ids[HUFU_NAMES_PER_PRODUCT][HUFU_NAME_BYTES];
    char comnames[HUFU_NAMES_PER_PRODUCT][HUFU_NAME_BYTES];
    char server_version[HUFU_VERSION_BYTES];
    char library_version[HUFU_VERSION_BYTES];
    char installer_version[HUFU_VERSION_BYTES];
    char oldest_adapter[HUFU_VERSION_BYTES];
    char last_error[HUFU_NAME_BYTES]; /* the function that asks for the session's last error */
};

struct hufu_config {
    size_t product_count;
    struct hufu_product products[HUFU_PRODUCTS_MAX];
    unsigned session_idle_s;
    unsigned call_deadline_s;
    unsigned heartbeat_s;
    unsigned worker_idle_s;
    unsigned tls_oldest;           /* the minor version: 2 is TLS 1.2 */
    bool unsound;                  /* what could be understood of files with mistakes */
    struct hufu_settings at_start; /* of use only then: what it was when hufud started */
};

/* Reads hufu.ini and the component map (data_folder/components.d, then the administrator's, then
 * the user's; a later folder changes what an earlier one said of the same product). A file that
 * cannot be understood, or claims what another product has, is an error, with the first mistake of
 * each file in `problems`. Release with hufu_config_free. */
enum hufu_status hufu_config_load(const char *data_folder, struct hufu_config **ret_config,
                                  struct hufu_problems *problems, struct hufu_error *err);

/* For a start: with mistakes it is what could be understood, and `unsound`: good enough to say to
 * pages why nothing works, not good enough to serve them, as half of a configuration is a guess. */
enum hufu_status hufu_config_load_rest(const char *data_folder, struct hufu_config **ret_config,
                                       struct hufu_problems *problems, struct hufu_error *err);
void hufu_config_free(struct hufu_config *config);

/* The product that a request names by PathID, or else by comname; NULL when there is none. */
const struct hufu_product *hufu_config_product(const struct hufu_config *config,
                                               const char *path_id, const char *comname);

#endif
