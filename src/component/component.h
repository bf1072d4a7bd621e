/* What a page can call: components are tables of functions. A component author writes plain
 * sequential C: find the card, ask for the PIN, sign, answer. */
#ifndef HUFU_COMPONENT_COMPONENT_H
#define HUFU_COMPONENT_COMPONENT_H

#include "base/buf.h"
#include "card/card.h"
#include "error/error.h"
#include "wire/scope.h"

#include <stdbool.h>
#include <stddef.h>

/* A signed document may come back as large as it went (service/gate.h), base64 around it. */
#define HUFU_TEXT_MAX (8u * 1024 * 1024)

/* Called around every window a function opens: a person's time is not the card's time. */
typedef void hufu_dialog_notice(bool open);

struct hufu_page;
struct hufu_series;

/* Asks for `scopes` (wire/scope.h) that the site does not have; what it has after that is in
 * page->scopes. */
typedef void hufu_scopes_ask(struct hufu_page *page, unsigned scopes);

/* Words that a page has shown in windows, in bytes: some 80 characters, a line and a half. */
enum { HUFU_WORDS_MAX = 240 };

/* One page's state, for the life of its worker. `reader`, `codepage` and `certificate` survive
 * the worker: see memo.h. What comes with a call: `language` to `version`. */
struct hufu_page {
    struct hufu_cards *cards;     /* NULL until they are needed: see access.h */
    struct hufu_monitor *monitor; /* starts pinentry: see card/pin.h */
    hufu_dialog_notice *dialog;
    hufu_scopes_ask *ask;
    enum hufu_language language;
    unsigned scopes; /* that the site has */
    bool may_ask;    /* a person, for a PIN */
    const char *origin;
    const char *version;  /* of the product's library, as the component map has it */
    long reader;          /* the page's choice, or HUFU_READER_AUTOMATIC */
    const char *codepage; /* of texts that name none, in hufu_codepage_find's spelling; or NULL */
    char words[HUFU_WORDS_MAX + 1]; /* of the page, for windows; "" for none */
    struct hufu_buf certificate;    /* DER of the one used last; empty at first */
    struct hufu_series *series;     /* NULL when none is open: see series.h */
};
enum { HUFU_READER_AUTOMATIC = -1 };

/* The arguments of one call, by position. */
struct hufu_arguments {
    size_t count;
    const char *const *values;
};

/* An argument that a page left out is "". Adapters send a missing value as "undefined" or "null".
 */
const char *hufu_argument(const struct hufu_arguments *arguments, size_t index);

/* An argument exactly as the page sent it, for what is signed. HUFU_E_PARAMETER when it is missing.
 */
enum hufu_status hufu_argument_exact(const struct hufu_arguments *arguments, size_t index,
                                     const char **ret_value, struct hufu_error *err);

/* A decimal number, 0 for a missing one. HUFU_E_PARAMETER for anything else. */
enum hufu_status hufu_argument_number(const struct hufu_arguments *arguments, size_t index,
                                      unsigned long *ret_number, struct hufu_error *err);

/* What a page gets from a call that failed; it then asks for the code of the last error. */
enum hufu_returns {
    HUFU_RETURNS_TEXT,   /* "" */
    HUFU_RETURNS_NUMBER, /* "0" */
    HUFU_RETURNS_STATUS, /* the code itself; "0" when done, run() writes nothing */
};

/* Appends the result to `ret_text`, only when it returns HUFU_OK. */
typedef enum hufu_status hufu_function_run(struct hufu_page *page,
                                           const struct hufu_arguments *arguments,
                                           struct hufu_buf *ret_text, struct hufu_error *err);

/* `parameters` names them in the order of the call, for the documentation; pages of one component
 * differ in names and in how many they send, so only the count is checked, against the larger. */
struct hufu_function {
    const char *name;
    const char *parameters;
    enum hufu_returns returns;
    enum hufu_scope scope; /* that a site needs for it; 0 for a row without code */
    hufu_function_run *run;
};

struct hufu_component {
    const char *name;
    const struct hufu_function *functions; /* ended by a row without a name */
};

/* registry.c: the only list of components. NULL when there is none of that name. */
const struct hufu_component *hufu_component_find(const char *name);
const struct hufu_function *hufu_function_find(const struct hufu_component *component,
                                               const char *name);

/* The number of words in `parameters`. */
size_t hufu_function_arity(const struct hufu_function *function);

/* The scope of a function; 0 for one that is in no table. */
unsigned hufu_component_scope(const char *component, const char *function);

/* Runs one call and puts what the page gets into `ret_text`, whether it failed or not. Before the
 * function sees anything, a scope that the site lacks is asked for. HUFU_E_DENIED. */
enum hufu_status hufu_component_call(struct hufu_page *page, const char *component,
                                     const char *function, const struct hufu_arguments *arguments,
                                     struct hufu_buf *ret_text, struct hufu_error *err);

/* Rows for functions that hufu will never have: they would let a page read or write files, load a
 * library or connect to a host. */
hufu_function_run hufu_run_refused;

#endif
