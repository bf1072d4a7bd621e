/* What is known of every number that a page or a person can meet, whether hufu raises it or not. */
#ifndef HUFU_ERROR_CODES_H
#define HUFU_ERROR_CODES_H

#include "error/error.h"

#include <stdbool.h>

struct hufu_says {
    const char *text;   /* what happened */
    const char *cause;  /* why */
    const char *remedy; /* the one next step */
};

struct hufu_code {
    const char *symbol;
    int number;
    bool raised; /* by hufu; else only by pages and other components */
    struct hufu_says says[HUFU_LANGUAGE_COUNT];
};

/* Numbers that belong together; every code lies within one. */
struct hufu_family {
    int first, last;
    const char *title[HUFU_LANGUAGE_COUNT];
};

/* In the order of the table: by family, and by number within. The first one is 0, no error. */
size_t hufu_codes_count(void);
const struct hufu_code *hufu_codes_at(size_t index);

/* NULL when nobody knows this number. */
const struct hufu_code *hufu_code_find(long number);

const struct hufu_code *hufu_code_of(enum hufu_status status);

/* In the order of the codes. The first one has 0 alone. */
size_t hufu_families_count(void);
const struct hufu_family *hufu_families_at(size_t index);

/* The family that a number, known or not, belongs to or comes closest to; never that of 0. */
const struct hufu_family *hufu_family_nearest(long number);

#endif
