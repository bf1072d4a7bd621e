#include "doctor/products.h"

#include "base/path.h"
#include "wire/ini.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool read_ports(uint16_t ports[HUFU_PRODUCT_PORTS], const char *value)
{
    unsigned read[HUFU_PRODUCT_PORTS] = {0};
    int end = 0;
    if (sscanf(value, "%5u %5u %5u%n", &read[0], &read[1], &read[2], &end) != HUFU_PRODUCT_PORTS ||
        value[end])
        return false;
    for (int i = 0; i < HUFU_PRODUCT_PORTS; i++) {
        if (read[i] == 0 || read[i] > UINT16_MAX)
            return false;
        ports[i] = (uint16_t)read[i];
    }
    return true;
}

/* Names other than `ports` are hufud's to judge. */
static bool read_row(void *context, const char *section, const char *name, const char *value)
{
    static const char prefix[] = "product ";
    struct hufu_products *products = context;
    size_t at = 0;
    if (strncmp(section, prefix, sizeof prefix - 1) != 0)
        return false;
    const char *product = section + sizeof prefix - 1;
    while (at < products->count && strcmp(products->items[at].name, product) != 0)
        at++;
    if (at == HUFU_DOCTOR_PRODUCTS || strlen(product) >= HUFU_PRODUCT_NAME)
        return false;
    if (at == products->count)
        memcpy(products->items[products->count++].name, product, strlen(product) + 1);
    return strcmp(name, "ports") != 0 || read_ports(products->items[at].ports, value);
}

static enum hufu_status read_folder(struct hufu_products *products, const char *folder,
                                    struct hufu_error *err)
{
    char path[PATH_MAX];
    return hufu_path_join(path, folder, "components.d")
               ? hufu_ini_read_folder(path, read_row, products, err)
               : HUFU_OK;
}

enum hufu_status hufu_products_read(struct hufu_products *ret_products, struct hufu_error *err)
{
    char user[PATH_MAX];
    *ret_products = (struct hufu_products){0};
    enum hufu_status status = read_folder(ret_products, HUFU_DATADIR, err);
    if (status == HUFU_OK)
        status = read_folder(ret_products, hufu_path_system(), err);
    if (status == HUFU_OK && hufu_path_config(user))
        status = read_folder(ret_products, user, err);
    return status;
}
