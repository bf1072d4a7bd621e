/* cmocka.h uses these four without including them, and a sorted list would put it first. */
#ifndef HUFU_TESTS_UNIT_H
#define HUFU_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Skips the test, and says what is missing; tests/unit/tap puts it behind the result. */
#define SKIP(missing)                                                                              \
    do {                                                                                           \
        printf("# missing: %s\n", missing);                                                        \
        fflush(stdout);                                                                            \
        skip();                                                                                    \
    } while (0)

#endif
