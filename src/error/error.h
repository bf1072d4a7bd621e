/* What can go wrong, once for the whole program: errors.def has a row for each status, and the
 * numbers that only others raise (codes.h). */
#ifndef HUFU_ERROR_ERROR_H
#define HUFU_ERROR_ERROR_H

#include <stddef.h>

enum hufu_status {
#define HUFU_ERROR(symbol, ...) HUFU_##symbol,
#define HUFU_KNOWN(...)
#include "error/errors.def"
#undef HUFU_ERROR
#undef HUFU_KNOWN
    HUFU_STATUS_COUNT
};

/* Whose number `foreign` is. */
enum hufu_origin {
    HUFU_ORIGIN_NONE,
    HUFU_ORIGIN_ERRNO,
    HUFU_ORIGIN_PKCS11,
    HUFU_ORIGIN_OPENSSL,
    HUFU_ORIGIN_ASSUAN,
};

enum { HUFU_ERROR_DETAIL_MAX = 160 };

/* The first cause of a failure. Fixed size, no allocation; start with `= {0}`. `detail` is for a
 * developer's log: it never holds a PIN, an argument or a name from a certificate. */
struct hufu_error {
    enum hufu_status status;
    enum hufu_origin origin;
    unsigned long foreign;
    char detail[HUFU_ERROR_DETAIL_MAX];
};

enum hufu_language { HUFU_LANGUAGE_EN, HUFU_LANGUAGE_ZH_TW, HUFU_LANGUAGE_COUNT };

/* Record a failure unless `err` already holds one (the first cause wins), and return `status`.
 * `err` may be NULL. */
enum hufu_status hufu_fail(struct hufu_error *err, enum hufu_status status, const char *detail);
enum hufu_status hufu_fail_from(struct hufu_error *err, enum hufu_status status,
                                enum hufu_origin origin, unsigned long foreign, const char *detail);

/* The number that pages and people see: 61xxx, 5xxx, 9xxx; 0 for HUFU_OK. */
int hufu_status_code(enum hufu_status status);
const char *hufu_status_symbol(enum hufu_status status);

/* The status with this public number, or HUFU_E_GENERAL. */
enum hufu_status hufu_status_from_code(long code);

/* What happened, and the one next step; never NULL, never empty. */
const char *hufu_status_text(enum hufu_status status, enum hufu_language language);
const char *hufu_status_remedy(enum hufu_status status, enum hufu_language language);

/* "text (code, origin number: detail)", for one line of a log. Always terminated. */
void hufu_error_format(const struct hufu_error *err, char *ret_line, size_t size);

/* The same as a line of the log, behind "what: ". */
void hufu_error_log(const char *what, const struct hufu_error *err);

/* The language of the environment: zh* gives zh-TW, everything else English. */
enum hufu_language hufu_language_of_environment(void);

#endif
