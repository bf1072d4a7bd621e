/* The ports of the component map, as hufud reads it: which ones pages ask for. */
#ifndef HUFU_DOCTOR_PRODUCTS_H
#define HUFU_DOCTOR_PRODUCTS_H

#include "error/error.h"

#include <stddef.h>
#include <stdint.h>

enum { HUFU_PRODUCT_PORTS = 3, HUFU_DOCTOR_PRODUCTS = 64, HUFU_PRODUCT_NAME = 64 };

struct hufu_products {
    size_t count;
    struct {
        char name[HUFU_PRODUCT_NAME];
        uint16_t ports[HUFU_PRODUCT_PORTS]; /* 0: none */
    } items[HUFU_DOCTOR_PRODUCTS];
};

/* HUFU_E_GENERAL with the file and line of what cannot be understood. */
enum hufu_status hufu_products_read(struct hufu_products *ret_products, struct hufu_error *err);

#endif
