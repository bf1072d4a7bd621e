/* Mistakes in configuration files: where, and what was expected. hufud says them in its log and
 * keeps them in ~/.local/state/hufu/problems, for `hufu doctor`. */
#ifndef HUFU_WIRE_PROBLEMS_H
#define HUFU_WIRE_PROBLEMS_H

#include "base/buf.h"
#include "error/error.h"

#include <limits.h>
#include <stddef.h>

enum hufu_expected {
#define HUFU_EXPECTED(symbol, en, zh) HUFU_EXPECTED_##symbol,
#include "wire/problems.def"
#undef HUFU_EXPECTED
    HUFU_EXPECTED_COUNT
};

struct hufu_problem {
    char file[PATH_MAX];
    unsigned line; /* 0 where it is the file as a whole */
    enum hufu_expected expected;
    char other[PATH_MAX]; /* the file that has what this one claims; "" where there is none */
};

/* The first one of a file is told; nobody mends more of them at a time. */
#define HUFU_PROBLEMS_MAX 8

struct hufu_problems {
    size_t count;
    struct hufu_problem items[HUFU_PROBLEMS_MAX];
};

/* Ignored where there are HUFU_PROBLEMS_MAX; `other` may be NULL. */
void hufu_problems_add(struct hufu_problems *problems, const char *file, unsigned line,
                       enum hufu_expected expected, const char *other);

/* "FILE, line 7: expected yes or no", without control characters. Room: HUFU_PROBLEM_TEXT_MAX. */
void hufu_problem_text(const struct hufu_problem *problem, enum hufu_language language,
                       struct hufu_buf *buf);
#define HUFU_PROBLEM_TEXT_MAX (2 * PATH_MAX + 512)

/* Replaces the file in one step, or removes it where there are none; 0 or an errno value. Reading
 * never fails: what is not of the form counts for nothing. */
int hufu_problems_write(const struct hufu_problems *problems);
void hufu_problems_read(struct hufu_problems *ret_problems);

#endif
