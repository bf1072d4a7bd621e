#include "wire/json.h"

#include "base/cleanup.h"
#include "base/wipe.h"
#include "wire/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "-1.79769313486232e+308" is the longest. */
enum { NUMBER_TEXT_MAX = 32 };

/* Names and values are where they were in the text, without their quotes and escapes. */
struct hufu_json {
    size_t count;
    struct hufu_json_member members[HUFU_JSON_MEMBERS_MAX];
    struct hufu_buf text;
    char numbers[HUFU_JSON_MEMBERS_MAX][NUMBER_TEXT_MAX]; /* by member; the source may be shorter */
};

/* What is left of the text; a read that fails leaves it anywhere. `to` is where a name or value is
 * written, never ahead of `at`: no escape is shorter than what it stands for, and the closing quote
 * makes room for the NUL. */
struct reader {
    uint8_t *at, *end, *to;
    struct hufu_json *json;
};

static bool take(struct reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != (uint8_t)wanted)
        return false;
    reader->at++;
    return true;
}

static void skip_space(struct reader *reader)
{
    while (take(reader, ' ') || take(reader, '\t') || take(reader, '\n') || take(reader, '\r'))
        continue;
}

static bool take_sign(struct reader *reader, char sign)
{
    skip_space(reader);
    return take(reader, sign);
}

/* --- texts --- */

static bool read_hex(struct reader *reader, uint32_t *ret_code)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        int value = reader->at < reader->end ? hufu_hex_value(*reader->at++) : -1;
        if (value < 0)
            return false;
        code = code << 4 | (uint32_t)value;
    }
    *ret_code = code;
    return true;
}

/* What follows \u: one character, or one half of it and \u with the other. No NUL. */
static bool read_code(struct reader *reader)
{
    uint32_t code = 0, low = 0;
    if (!read_hex(reader, &code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (!take(reader, '\\') || !take(reader, 'u') || !read_hex(reader, &low) || low < 0xDC00 ||
            low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    reader->to += hufu_utf8_encode(code, reader->to);
    return true;
}

/* What follows a backslash. */
static bool read_escape(struct reader *reader)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (take(reader, 'u'))
        return read_code(reader);
    for (size_t i = 0; i < sizeof names - 1; i++)
        if (take(reader, names[i])) {
            *reader->to++ = (uint8_t)meanings[i];
            return true;
        }
    return false;
}

/* What stands for itself: neither a quote nor a backslash nor a control character. */
static bool read_run(struct reader *reader)
{
    struct hufu_bytes run = {.data = reader->at};
    while (reader->at < reader->end && *reader->at >= 0x20 && *reader->at != '"' &&
           *reader->at != '\\')
        reader->at++;
    run.len = (size_t)(reader->at - run.data);
    if (!hufu_utf8_is_text(run))
        return false;
    memmove(reader->to, run.data, run.len);
    reader->to += run.len;
    return true;
}

/* Up to and with the quote at its end. */
static bool read_characters(struct reader *reader)
{
    for (;;) {
        if (!read_run(reader))
            return false;
        if (take(reader, '"'))
            return true;
        if (!take(reader, '\\') || !read_escape(reader))
            return false;
    }
}

static bool read_text(struct reader *reader, const char **ret_text)
{
    if (!take_sign(reader, '"'))
        return false;
    char *text = (char *)reader->at;
    reader->to = reader->at;
    if (!read_characters(reader))
        return false;
    *reader->to = 0;
    *ret_text = text;
    return true;
}

/* --- numbers --- */

static bool take_digits(struct reader *reader)
{
    const uint8_t *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

/* The grammar of RFC 8259, which strtod does not have. */
static bool take_number(struct reader *reader, bool *ret_real)
{
    *ret_real = false;
    (void)take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader))
        return false;
    if (take(reader, '.')) {
        *ret_real = true;
        if (!take_digits(reader))
            return false;
    }
    if (take(reader, 'e') || take(reader, 'E')) {
        *ret_real = true;
        if (!take(reader, '+'))
            (void)take(reader, '-');
        return take_digits(reader);
    }
    return true;
}

/* False when no type holds it; one that is nearly 0 is 0. */
static bool put_value(const char *source, bool real, char ret_number[NUMBER_TEXT_MAX])
{
    errno = 0;
    long long whole = real ? 0 : strtoll(source, NULL, 10);
    double value = real ? strtod(source, NULL) : 0;
    if (errno == ERANGE && (!real || value > 1 || value < -1))
        return false;
    return (real ? snprintf(ret_number, NUMBER_TEXT_MAX, "%.15g", value)
                 : snprintf(ret_number, NUMBER_TEXT_MAX, "%lld", whole)) > 0;
}

/* What follows a number is kept: its place has a NUL meanwhile, as strtod wants it. */
static bool read_number(struct reader *reader, char ret_number[NUMBER_TEXT_MAX])
{
    const char *source = (const char *)reader->at;
    bool real = false;
    if (!take_number(reader, &real))
        return false;
    uint8_t next = *reader->at; /* at the end of all: the NUL of the buffer */
    *reader->at = 0;
    bool held = put_value(source, real, ret_number);
    *reader->at = next;
    return held;
}

/* --- members --- */

static bool read_word(struct reader *reader, struct hufu_json_member *member)
{
    static const struct {
        const char *word, *text;
        enum hufu_json_type type;
    } words[] = {
        {"true", "true", HUFU_JSON_BOOLEAN},
        {"false", "false", HUFU_JSON_BOOLEAN},
        {"null", "", HUFU_JSON_NULL},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, words[i].word, len) != 0)
            continue;
        reader->at += len;
        member->type = words[i].type;
        member->text = words[i].text;
        return true;
    }
    return false;
}

/* An object and an array are no values here. */
static bool read_value(struct reader *reader, struct hufu_json_member *member)
{
    skip_space(reader);
    if (reader->at == reader->end)
        return false;
    if (*reader->at == '"') {
        member->type = HUFU_JSON_TEXT;
        return read_text(reader, &member->text);
    }
    if (*reader->at == '-' || (*reader->at >= '0' && *reader->at <= '9')) {
        char *number = reader->json->numbers[reader->json->count];
        member->type = HUFU_JSON_NUMBER;
        member->text = number;
        return read_number(reader, number);
    }
    return read_word(reader, member);
}

static bool read_member(struct reader *reader)
{
    struct hufu_json *json = reader->json;
    struct hufu_json_member member = {.text = ""};
    if (json->count == HUFU_JSON_MEMBERS_MAX || !read_text(reader, &member.name) ||
        !take_sign(reader, ':') || !read_value(reader, &member))
        return false;
    json->members[json->count++] = member;
    return true;
}

static bool read_object(struct reader *reader)
{
    if (!take_sign(reader, '{'))
        return false;
    if (!take_sign(reader, '}')) {
        do {
            if (!read_member(reader))
                return false;
        } while (take_sign(reader, ','));
        if (!take_sign(reader, '}'))
            return false;
    }
    skip_space(reader);
    return reader->at == reader->end;
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* Sorted, because comparing each with each would take a page's long names too long. */
static bool names_differ(const struct hufu_json *json)
{
    const char *names[HUFU_JSON_MEMBERS_MAX];
    for (size_t i = 0; i < json->count; i++)
        names[i] = json->members[i].name;
    qsort(names, json->count, sizeof names[0], compare_names);
    for (size_t i = 1; i < json->count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return false;
    return true;
}

/* --- for the callers --- */

static void free_json(struct hufu_json **json)
{
    hufu_json_free(*json);
}

enum hufu_status hufu_json_parse_in_place(struct hufu_buf *text, struct hufu_json **ret_json,
                                          struct hufu_error *err)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf taken = *text;
    *text = (struct hufu_buf){.max = taken.max};
    HUFU_AUTO(free_json) struct hufu_json *json = calloc(1, sizeof *json);
    if (!json)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "JSON");
    json->text = taken;
    taken = (struct hufu_buf){0};
    struct reader reader = {
        .at = json->text.data, .end = json->text.data + json->text.len, .json = json};
    if (!read_object(&reader) ||
        !names_differ(json)) /* the text may hold a PIN, so no more of it */
        return hufu_fail(err, HUFU_E_REQUEST, "not one flat JSON object");
    *ret_json = HUFU_TAKE(json);
    return HUFU_OK;
}

enum hufu_status hufu_json_parse(struct hufu_bytes text, struct hufu_json **ret_json,
                                 struct hufu_error *err)
{
    struct hufu_buf copy = {.max = text.len};
    hufu_buf_add(&copy, text.data, text.len);
    return copy.failed ? hufu_fail(err, HUFU_E_SERVICE_MEMORY, "JSON")
                       : hufu_json_parse_in_place(&copy, ret_json, err);
}

void hufu_json_free(struct hufu_json *json)
{
    if (!json)
        return;
    hufu_buf_done(&json->text);
    hufu_wipe_free(json);
}

size_t hufu_json_count(const struct hufu_json *json)
{
    return json->count;
}

const struct hufu_json_member *hufu_json_at(const struct hufu_json *json, size_t index)
{
    return &json->members[index];
}

const struct hufu_json_member *hufu_json_find(const struct hufu_json *json, const char *name)
{
    for (size_t i = 0; i < json->count; i++)
        if (strcmp(json->members[i].name, name) == 0)
            return &json->members[i];
    return NULL;
}
