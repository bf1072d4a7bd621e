#include "service/config.h"

#include "base/cleanup.h"
#include "base/path.h"
#include "service/claims.h"
#include "wire/ini.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool copy_text(void *field, const char *value)
{
    int len = snprintf(field, HUFU_NAME_BYTES, "%s", value);
    return len >= 0 && len < HUFU_NAME_BYTES;
}

static bool copy_version(void *field, const char *value)
{
    int len = snprintf(field, HUFU_VERSION_BYTES, "%s", value);
    return len >= 0 && len < HUFU_VERSION_BYTES;
}

static bool copy_ports(void *field, const char *value)
{
    uint16_t *ports = field;
    unsigned read[HUFU_PORTS] = {0};
    int end = 0;
    if (sscanf(value, "%5u %5u %5u%n", &read[0], &read[1], &read[2], &end) != HUFU_PORTS ||
        value[end])
        return false;
    for (int i = 0; i < HUFU_PORTS; i++) {
        if (read[i] == 0 || read[i] > UINT16_MAX)
            return false;
        ports[i] = (uint16_t)read[i];
    }
    return true;
}

/* Names separated by spaces; replaces the whole list. */
static bool copy_names(void *field, const char *value)
{
    char(*names)[HUFU_NAME_BYTES] = field;
    memset(names, 0, HUFU_NAMES_PER_PRODUCT * sizeof *names);
    for (size_t i = 0; *value; i++) {
        size_t len = strcspn(value, " ");
        if (i >= HUFU_NAMES_PER_PRODUCT || len >= HUFU_NAME_BYTES)
            return false;
        memcpy(names[i], value, len);
        value += len + strspn(value + len, " ");
    }
    return true;
}

struct product_key {
    const char *name;
    size_t offset;
    bool (*copy)(void *field, const char *value);
    enum hufu_expected expected;
    enum hufu_claim claim;
};

static const struct product_key product_keys[] = {
    {"component", offsetof(struct hufu_product, component), copy_text, HUFU_EXPECTED_NAME,
     HUFU_CLAIM_PRODUCT},
    {"ports", offsetof(struct hufu_product, ports), copy_ports, HUFU_EXPECTED_PORTS,
     HUFU_CLAIM_PORTS},
    {"path_ids", offsetof(struct hufu_product, path_ids), copy_names, HUFU_EXPECTED_NAMES,
     HUFU_CLAIM_PATH_IDS},
    {"comnames", offsetof(struct hufu_product, comnames), copy_names, HUFU_EXPECTED_NAMES,
     HUFU_CLAIM_COMNAMES},
    {"server_version", offsetof(struct hufu_product, server_version), copy_version,
     HUFU_EXPECTED_VERSION, HUFU_CLAIM_PRODUCT},
    {"library_version", offsetof(struct hufu_product, library_version), copy_version,
     HUFU_EXPECTED_VERSION, HUFU_CLAIM_PRODUCT},
    {"installer_version", offsetof(struct hufu_product, installer_version), copy_version,
     HUFU_EXPECTED_VERSION, HUFU_CLAIM_PRODUCT},
    {"oldest_adapter", offsetof(struct hufu_product, oldest_adapter), copy_version,
     HUFU_EXPECTED_VERSION, HUFU_CLAIM_PRODUCT},
    {"last_error", offsetof(struct hufu_product, last_error), copy_text, HUFU_EXPECTED_NAME,
     HUFU_CLAIM_PRODUCT},
};

static struct hufu_product *product_named(struct hufu_config *config, const char *name)
{
    for (size_t i = 0; i < config->product_count; i++)
        if (strcmp(config->products[i].name, name) == 0)
            return &config->products[i];
    if (config->product_count == HUFU_PRODUCTS_MAX)
        return NULL;
    struct hufu_product *product = &config->products[config->product_count];
    if (!copy_text(product->name, name))
        return NULL;
    config->product_count++;
    return product;
}

/* --- mistakes --- */

struct loading {
    struct hufu_config *config;
    struct hufu_claims *claims;
    struct hufu_problems *problems;
    bool found;                  /* a mistake in the present file, in a row: */
    enum hufu_expected expected; /* what should have been there */
    const char *other;           /* and who has what it claims */
};

/* false, for the row that is read. The first one of a file counts. */
static bool expect(struct loading *loading, enum hufu_expected expected, const char *other)
{
    if (!loading->found) {
        loading->expected = expected;
        loading->other = other;
    }
    loading->found = true;
    return false;
}

static void on_file(void *context, const char *path)
{
    struct loading *loading = context;
    loading->found = false;
    hufu_claims_file(loading->claims, path);
}

/* A line without a row is one that is none. */
static void on_mistake(void *context, const char *path, int line)
{
    struct loading *loading = context;
    enum hufu_expected expected = line == 0 ? HUFU_EXPECTED_READABLE : HUFU_EXPECTED_LINE;
    if (line && loading->found)
        expected = loading->expected;
    hufu_problems_add(loading->problems, path, (unsigned)line, expected,
                      line && loading->found ? loading->other : NULL);
}

/* --- the component map --- */

static bool set_product(struct loading *loading, struct hufu_product *product,
                        const struct product_key *key, const char *value)
{
    const char *other = NULL;
    size_t number = (size_t)(product - loading->config->products);
    if (!hufu_claims_note(loading->claims, number, key->claim, &other))
        return expect(loading, HUFU_EXPECTED_OWN_PRODUCT, other);
    return key->copy((char *)product + key->offset, value) || expect(loading, key->expected, NULL);
}

static bool read_product_row(void *context, const char *section, const char *name,
                             const char *value)
{
    static const char prefix[] = "product ";
    struct loading *loading = context;
    struct hufu_product *product = strncmp(section, prefix, sizeof prefix - 1) == 0
                                       ? product_named(loading->config, section + sizeof prefix - 1)
                                       : NULL;
    for (size_t i = 0; product && i < sizeof product_keys / sizeof product_keys[0]; i++)
        if (strcmp(product_keys[i].name, name) == 0)
            return set_product(loading, product, &product_keys[i], value);
    return expect(loading, HUFU_EXPECTED_PRODUCT, NULL);
}

/* --- hufu.ini --- */

struct number_key {
    const char *section;
    const char *name;
    size_t offset;
    unsigned max;
    enum hufu_expected expected;
};

static const struct number_key number_keys[] = {
    {"session", "idle", offsetof(struct hufu_config, session_idle_s), 24 * 3600, HUFU_EXPECTED_DAY},
    {"session", "heartbeat", offsetof(struct hufu_config, heartbeat_s), 60, HUFU_EXPECTED_MINUTE},
    {"card", "deadline", offsetof(struct hufu_config, call_deadline_s), 600,
     HUFU_EXPECTED_TEN_MINUTES},
    {"card", "idle", offsetof(struct hufu_config, worker_idle_s), 3600, HUFU_EXPECTED_HOUR},
};

static bool set_number(struct hufu_config *config, const struct number_key *key, const char *value)
{
    char *end = NULL;
    unsigned long number = strtoul(value, &end, 10);
    if (!*value || *end || number < 1 || number > key->max)
        return false;
    *(unsigned *)(void *)((char *)config + key->offset) = (unsigned)number;
    return true;
}

/* Nothing older than 1.1 can be asked for. */
static bool set_oldest_tls(struct hufu_config *config, const char *value)
{
    static const char *const versions[] = {[1] = "1.1", [2] = "1.2", [3] = "1.3"};
    for (unsigned minor = 1; minor < sizeof versions / sizeof versions[0]; minor++) {
        if (strcmp(versions[minor], value) != 0)
            continue;
        config->tls_oldest = minor;
        return true;
    }
    return false;
}

/* What the rows of wire/settings.h have. */
static enum hufu_expected expected_setting(const char *section, const char *name)
{
    static const struct {
        const char *section, *name;
        enum hufu_expected expected;
    } settings[] = {
        {"pin", "program", HUFU_EXPECTED_PATH},         {"card", "folder", HUFU_EXPECTED_PATH},
        {"log", "debug", HUFU_EXPECTED_YES_NO},         {"trust", "keep", HUFU_EXPECTED_YES_NO},
        {"trust", "thunderbird", HUFU_EXPECTED_YES_NO},
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].name, name) == 0)
            return settings[i].expected;
    return HUFU_EXPECTED_SETTING;
}

static bool read_config_row(void *context, const char *section, const char *name, const char *value)
{
    struct loading *loading = context;
    struct hufu_config *config = loading->config;
    if (strcmp(section, "sites") == 0)
        return true; /* src/sites judges, and then refuses every site */
    if (strcmp(section, "tls") == 0 && strcmp(name, "min") == 0)
        return set_oldest_tls(config, value) || expect(loading, HUFU_EXPECTED_TLS, NULL);
    for (size_t i = 0; i < sizeof number_keys / sizeof number_keys[0]; i++)
        if (strcmp(number_keys[i].section, section) == 0 && strcmp(number_keys[i].name, name) == 0)
            return set_number(config, &number_keys[i], value) ||
                   expect(loading, number_keys[i].expected, NULL);
    return hufu_settings_row(&config->at_start, section, name, value) ||
           expect(loading, expected_setting(section, name), NULL);
}

/* --- all files --- */

static enum hufu_status read_products(struct loading *loading, const char *folder,
                                      struct hufu_error *err)
{
    const struct hufu_ini_reader reader = {read_product_row, on_file, on_mistake, loading};
    char path[PATH_MAX];
    if (!hufu_path_join(path, folder, "components.d"))
        return hufu_fail(err, HUFU_E_GENERAL, "path too long");
    hufu_claims_folder(loading->claims);
    return hufu_ini_read_folder_by(&reader, path, err);
}

/* Goes on behind a mistake, for what the rest is good for. */
static enum hufu_status read_all(struct loading *loading, const char *data_folder,
                                 struct hufu_error *err)
{
    const struct hufu_ini_reader reader = {read_config_row, NULL, on_mistake, loading};
    char user[PATH_MAX];
    const char *const folders[] = {data_folder, hufu_path_system(),
                                   hufu_path_config(user) ? user : NULL};
    enum hufu_status status = hufu_ini_read_config_by(&reader, err);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (folders[i] && read_products(loading, folders[i], err) != HUFU_OK)
            status = HUFU_E_GENERAL;
    size_t known = loading->problems->count;
    hufu_claims_check(loading->claims, loading->config, loading->problems);
    if (loading->problems->count > known)
        status = hufu_fail(err, HUFU_E_GENERAL, loading->problems->items[known].file);
    return status;
}

static void free_config(struct hufu_config **config)
{
    hufu_config_free(*config);
}

static void free_claims(struct hufu_claims **claims)
{
    hufu_claims_free(*claims);
}

static struct hufu_config *new_config(void)
{
    struct hufu_config *config = calloc(1, sizeof *config);
    if (!config)
        return NULL;
    hufu_settings_defaults(&config->at_start);
    config->session_idle_s = 30 * 60; /* pages seldom send Release; half an hour of form filling */
    config->call_deadline_s = 60;     /* the slowest cards sign in a few seconds */
    config->heartbeat_s = 10;         /* a page's loop has no pause of its own */
    config->worker_idle_s = 60;       /* between the calls of one page's sequence */
    config->tls_oldest = 2;           /* every browser since 2014 */
    return config;
}

enum hufu_status hufu_config_load_rest(const char *data_folder, struct hufu_config **ret_config,
                                       struct hufu_problems *problems, struct hufu_error *err)
{
    HUFU_AUTO(free_config) struct hufu_config *config = new_config();
    HUFU_AUTO(free_claims) struct hufu_claims *claims = hufu_claims_new();
    struct loading loading = {.config = config, .claims = claims, .problems = problems};
    if (!config || !claims)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "configuration");
    problems->count = 0;
    config->unsound = read_all(&loading, data_folder, err) != HUFU_OK;
    if (config->product_count == 0)
        return hufu_fail(err, HUFU_E_COMPONENT_MISSING, "the component map is empty");
    *ret_config = HUFU_TAKE(config);
    return HUFU_OK;
}

enum hufu_status hufu_config_load(const char *data_folder, struct hufu_config **ret_config,
                                  struct hufu_problems *problems, struct hufu_error *err)
{
    HUFU_AUTO(free_config) struct hufu_config *config = NULL;
    HUFU_TRY(hufu_config_load_rest(data_folder, &config, problems, err));
    if (config->unsound)
        return HUFU_E_GENERAL;
    *ret_config = HUFU_TAKE(config);
    return HUFU_OK;
}

void hufu_config_free(struct hufu_config *config)
{
    free(config);
}

static bool lists(const char names[HUFU_NAMES_PER_PRODUCT][HUFU_NAME_BYTES], const char *name)
{
    for (size_t i = 0; i < HUFU_NAMES_PER_PRODUCT && names[i][0]; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

const struct hufu_product *hufu_config_product(const struct hufu_config *config,
                                               const char *path_id, const char *comname)
{
    for (size_t i = 0; i < config->product_count; i++) {
        const struct hufu_product *product = &config->products[i];
        if (path_id[0] ? lists(product->path_ids, path_id)
                       : comname[0] && lists(product->comnames, comname))
            return product;
    }
    return NULL;
}
