#include "service/config.h"

#include "base/cleanup.h"
#include "base/path.h"
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

static uint32_t day_number(const struct tm *date)
{
    return (uint32_t)((date->tm_year + 1900) * 10000 + (date->tm_mon + 1) * 100 + date->tm_mday);
}

/* YYYY-MM-DD, a day that there is. */
static bool copy_day(void *field, const char *value)
{
    struct tm date = {0};
    char again[sizeof "2026-12-31"];
    const char *end = strptime(value, "%Y-%m-%d", &date);
    if (!end || *end || strlen(value) != sizeof again - 1)
        return false;
    struct tm same = date;
    time_t seconds = timegm(&same); /* makes the 31st of June the 1st of July */
    if (seconds == -1 || strftime(again, sizeof again, "%Y-%m-%d", &same) == 0 ||
        strcmp(again, value) != 0)
        return false;
    *(uint32_t *)field = day_number(&date);
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
};

static const struct product_key product_keys[] = {
    {"component", offsetof(struct hufu_product, component), copy_text},
    {"ports", offsetof(struct hufu_product, ports), copy_ports},
    {"path_ids", offsetof(struct hufu_product, path_ids), copy_names},
    {"comnames", offsetof(struct hufu_product, comnames), copy_names},
    {"server_version", offsetof(struct hufu_product, server_version), copy_version},
    {"library_version", offsetof(struct hufu_product, library_version), copy_version},
    {"installer_version", offsetof(struct hufu_product, installer_version), copy_version},
    {"oldest_adapter", offsetof(struct hufu_product, oldest_adapter), copy_version},
    {"last_error", offsetof(struct hufu_product, last_error), copy_text},
    {"ends", offsetof(struct hufu_product, last_day), copy_day},
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

static bool read_product_row(void *context, const char *section, const char *name,
                             const char *value)
{
    static const char prefix[] = "product ";
    if (strncmp(section, prefix, sizeof prefix - 1) != 0)
        return false;
    struct hufu_product *product = product_named(context, section + sizeof prefix - 1);
    for (size_t i = 0; product && i < sizeof product_keys / sizeof product_keys[0]; i++)
        if (strcmp(product_keys[i].name, name) == 0)
            return product_keys[i].copy((char *)product + product_keys[i].offset, value);
    return false;
}

struct number_key {
    const char *section;
    const char *name;
    size_t offset;
    unsigned min, max;
};

static const struct number_key number_keys[] = {
    {"session", "idle", offsetof(struct hufu_config, session_idle_s), 1, 24 * 3600},
    {"session", "heartbeat", offsetof(struct hufu_config, heartbeat_s), 1, 60},
    {"card", "deadline", offsetof(struct hufu_config, call_deadline_s), 1, 600},
    {"card", "idle", offsetof(struct hufu_config, worker_idle_s), 1, 3600},
};

static bool set_number(struct hufu_config *config, const struct number_key *key, const char *value)
{
    char *end = NULL;
    unsigned long number = strtoul(value, &end, 10);
    if (!*value || *end || number < key->min || number > key->max)
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

static bool read_config_row(void *context, const char *section, const char *name, const char *value)
{
    struct hufu_config *config = context;
    if (strcmp(section, "sites") == 0)
        return true; /* src/sites judges, and then refuses every site */
    if (strcmp(section, "tls") == 0)
        return strcmp(name, "min") == 0 && set_oldest_tls(config, value);
    for (size_t i = 0; i < sizeof number_keys / sizeof number_keys[0]; i++)
        if (strcmp(number_keys[i].section, section) == 0 && strcmp(number_keys[i].name, name) == 0)
            return set_number(config, &number_keys[i], value);
    return hufu_settings_row(&config->at_start, section, name, value);
}

static enum hufu_status read_products(struct hufu_config *config, const char *folder,
                                      struct hufu_error *err)
{
    char path[PATH_MAX];
    if (!hufu_path_join(path, folder, "components.d"))
        return hufu_fail(err, HUFU_E_GENERAL, "path too long");
    return hufu_ini_read_folder(path, read_product_row, config, err);
}

static void free_config(struct hufu_config **config)
{
    hufu_config_free(*config);
}

enum hufu_status hufu_config_load(const char *data_folder, struct hufu_config **ret_config,
                                  struct hufu_error *err)
{
    HUFU_AUTO(free_config) struct hufu_config *config = calloc(1, sizeof *config);
    if (!config)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "configuration");
    hufu_settings_defaults(&config->at_start);
    config->session_idle_s = 30 * 60; /* pages seldom send Release; half an hour of form filling */
    config->call_deadline_s = 60;     /* the slowest cards sign in a few seconds */
    config->heartbeat_s = 10;         /* a page's loop has no pause of its own */
    config->worker_idle_s = 60;       /* between the calls of one page's sequence */
    config->tls_oldest = 2;           /* every browser since 2014 */
    HUFU_TRY(hufu_ini_read_config(read_config_row, config, err));
    HUFU_TRY(read_products(config, data_folder, err));
    HUFU_TRY(read_products(config, hufu_path_system(), err));
    char user[PATH_MAX];
    if (hufu_path_config(user))
        HUFU_TRY(read_products(config, user, err));
    if (config->product_count == 0)
        return hufu_fail(err, HUFU_E_COMPONENT_MISSING, "the component map is empty");
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

bool hufu_product_has_ended(const struct hufu_product *product, time_t now)
{
    struct tm today;
    return product->last_day && localtime_r(&now, &today) && day_number(&today) > product->last_day;
}
