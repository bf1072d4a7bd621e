#include "component/component.h"

#include "base/cleanup.h"
#include "component/gpki/gpki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hufu_component *const components[] = {
    &hufu_gpki,
};

const struct hufu_component *hufu_component_find(const char *name)
{
    for (size_t i = 0; i < sizeof components / sizeof components[0]; i++)
        if (strcmp(components[i]->name, name) == 0)
            return components[i];
    return NULL;
}

const struct hufu_function *hufu_function_find(const struct hufu_component *component,
                                               const char *name)
{
    for (const struct hufu_function *row = component->functions; row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

size_t hufu_function_arity(const struct hufu_function *function)
{
    size_t count = function->parameters[0] != 0;
    for (const char *at = function->parameters; *at; at++)
        count += *at == ' ';
    return count;
}

const char *hufu_argument(const struct hufu_arguments *arguments, size_t index)
{
    const char *value = index < arguments->count ? arguments->values[index] : "";
    return strcmp(value, "undefined") == 0 || strcmp(value, "null") == 0 ? "" : value;
}

enum hufu_status hufu_argument_exact(const struct hufu_arguments *arguments, size_t index,
                                     const char **ret_value, struct hufu_error *err)
{
    if (index >= arguments->count)
        return hufu_fail(err, HUFU_E_PARAMETER, "missing parameter");
    *ret_value = arguments->values[index];
    return HUFU_OK;
}

enum hufu_status hufu_argument_number(const struct hufu_arguments *arguments, size_t index,
                                      unsigned long *ret_number, struct hufu_error *err)
{
    enum { DIGITS_MAX = 10 };
    const char *text = hufu_argument(arguments, index);
    size_t len = strlen(text);
    if (len > DIGITS_MAX || strspn(text, "0123456789") != len)
        return hufu_fail(err, HUFU_E_PARAMETER, "not a number");
    *ret_number = strtoul(text, NULL, 10);
    return HUFU_OK;
}

enum hufu_status hufu_run_refused(struct hufu_page *page, const struct hufu_arguments *arguments,
                                  struct hufu_buf *ret_text, struct hufu_error *err)
{
    (void)page;
    (void)arguments;
    (void)ret_text;
    return hufu_fail(err, HUFU_E_REFUSED, NULL);
}

static const struct hufu_function *find(const char *component, const char *function)
{
    const struct hufu_component *table = hufu_component_find(component);
    return table ? hufu_function_find(table, function) : NULL;
}

unsigned hufu_component_scope(const char *component, const char *function)
{
    const struct hufu_function *row = find(component, function);
    return row ? row->scope : 0;
}

static enum hufu_status require(struct hufu_page *page, unsigned scope, struct hufu_error *err)
{
    if (scope & ~page->scopes)
        page->ask(page, scope);
    return scope & ~page->scopes ? hufu_fail(err, HUFU_E_DENIED, "scope") : HUFU_OK;
}

static enum hufu_status run(struct hufu_page *page, const struct hufu_function *function,
                            const struct hufu_arguments *arguments, struct hufu_buf *ret_text,
                            struct hufu_error *err)
{
    if (arguments->count > hufu_function_arity(function))
        return hufu_fail(err, HUFU_E_PARAMETER, "too many parameters");
    HUFU_TRY(require(page, function->scope, err));
    HUFU_TRY(function->run(page, arguments, ret_text, err));
    return ret_text->failed ? hufu_fail(err, HUFU_E_MEMORY, "result too long") : HUFU_OK;
}

/* The first cause stays in `err` for the log; what it means to a person may be another. */
static enum hufu_status explain(const struct hufu_page *page, enum hufu_status status,
                                struct hufu_error *err)
{
    enum hufu_status cause = hufu_cards_cause(page->cards, status);
    if (err && cause != status)
        err->status = cause;
    return cause;
}

static void put_failure(const struct hufu_function *function, enum hufu_status status,
                        struct hufu_buf *ret_text)
{
    hufu_buf_clear(ret_text);
    if (function->returns == HUFU_RETURNS_NUMBER)
        hufu_buf_add_text(ret_text, "0");
    if (function->returns == HUFU_RETURNS_STATUS)
        hufu_buf_printf(ret_text, "%d", hufu_status_code(status));
}

enum hufu_status hufu_component_call(struct hufu_page *page, const char *component,
                                     const char *function, const struct hufu_arguments *arguments,
                                     struct hufu_buf *ret_text, struct hufu_error *err)
{
    const struct hufu_function *row = find(component, function);
    if (!row)
        return hufu_fail(err, HUFU_E_UNSUPPORTED, "no such function");
    enum hufu_status status = run(page, row, arguments, ret_text, err);
    if (status != HUFU_OK)
        status = explain(page, status, err);
    if (status != HUFU_OK)
        put_failure(row, status, ret_text);
    else if (row->returns == HUFU_RETURNS_STATUS)
        hufu_buf_add_text(ret_text, "0");
    return status;
}
