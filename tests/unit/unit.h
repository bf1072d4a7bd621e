/* cmocka.h uses these four without including them, and a sorted list would put it first. */
#ifndef HUFU_TESTS_UNIT_H
#define HUFU_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
