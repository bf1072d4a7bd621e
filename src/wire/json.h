/* Flat JSON objects: the only shape that the ServiSign protocol has. Read here and not by jansson,
 * which takes a document byte by byte, through strings of its own: 15 ms for one of 1 MB. It judges
 * what is read in tests/fuzz/json.c. */
#ifndef HUFU_WIRE_JSON_H
#define HUFU_WIRE_JSON_H

#include "base/buf.h"
#include "error/error.h"

#include <stdbool.h>

/* More members than any published adapter sends (11 parameters with three flags each), times ten.
 */
#define HUFU_JSON_MEMBERS_MAX 512

enum hufu_json_type {
    HUFU_JSON_TEXT,
    HUFU_JSON_NUMBER,
    HUFU_JSON_BOOLEAN,
    HUFU_JSON_NULL,
};

/* `text` is UTF-8 without NUL: the string itself, a number in decimal, "true"/"false", or "". */
struct hufu_json_member {
    enum hufu_json_type type;
    const char *name;
    const char *text;
};

struct hufu_json;

/* The members in the order of the text. HUFU_E_REQUEST for anything but one flat object of at most
 * HUFU_JSON_MEMBERS_MAX members: broken UTF-8, NUL, duplicate names, nesting, trailing text. */
enum hufu_status hufu_json_parse(struct hufu_bytes text, struct hufu_json **ret_json,
                                 struct hufu_error *err);

/* The same of a text that is moved out of `text`, also with an error: the members of a long one
 * stay where they are in it. */
enum hufu_status hufu_json_parse_in_place(struct hufu_buf *text, struct hufu_json **ret_json,
                                          struct hufu_error *err);

/* Wipes and releases everything that hufu_json_member pointed to. */
void hufu_json_free(struct hufu_json *json);

size_t hufu_json_count(const struct hufu_json *json);
const struct hufu_json_member *hufu_json_at(const struct hufu_json *json, size_t index);

/* NULL when there is no such member. */
const struct hufu_json_member *hufu_json_find(const struct hufu_json *json, const char *name);

#endif
