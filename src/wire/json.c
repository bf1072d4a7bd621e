#include "wire/json.h"

#include "base/cleanup.h"
#include "wire/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "-1.79769313486232e+308" is the longest. */
enum { NUMBER_TEXT_MAX = 32 };

/* All texts are in `texts`, which has room for all of them from the start and never moves. */
struct hufu_json {
    size_t count;
    struct hufu_json_member members[HUFU_JSON_MEMBERS_MAX];
    struct hufu_buf texts;
};

/* What is left of the text; a read that fails leaves it anywhere. */
struct reader {
    const uint8_t *at, *end;
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
    uint8_t bytes[HUFU_UTF8_BYTES_MAX];
    uint32_t code = 0, low = 0;
    if (!read_hex(reader, &code) || code == 0 || (code >= 0xDC00 && code <= 0xDFFF))
        return false;
    if (code >= 0xD800 && code <= 0xDBFF) {
        if (!take(reader, '\\') || !take(reader, 'u') || !read_hex(reader, &low) || low < 0xDC00 ||
            low > 0xDFFF)
            return false;
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    hufu_buf_add(&reader->json->texts, bytes, hufu_utf8_encode(code, bytes));
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
            hufu_buf_add_u8(&reader->json->texts, (uint8_t)meanings[i]);
            return true;
        }
    return false;
}

/* What stands for itself: neither a quote nor a backslash nor a control character. */
static bool read_run(struct reader *reader)
{
    const uint8_t *at = reader->at;
    while (at < reader->end && *at >= 0x20 && *at != '"' && *at != '\\')
        at++;
    struct hufu_bytes run = hufu_bytes_of(reader->at, (size_t)(at - reader->at));
    reader->at = at;
    hufu_buf_add(&reader->json->texts, run.data, run.len);
    return hufu_utf8_is_text(run);
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
    struct hufu_buf *texts = &reader->json->texts;
    size_t start = texts->len;
    if (!take_sign(reader, '"') || !read_characters(reader))
        return false;
    hufu_buf_add_u8(texts, 0);
    *ret_text = (const char *)texts->data + start;
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

/* Instead of the text of the number, which is the last one, its value. False when no type holds it;
 * one that is nearly 0 is 0. */
static bool put_value(struct hufu_buf *texts, size_t start, bool real)
{
    const char *source = (const char *)texts->data + start;
    errno = 0;
    long long whole = real ? 0 : strtoll(source, NULL, 10);
    double value = real ? strtod(source, NULL) : 0;
    if (errno == ERANGE && (!real || value > 1 || value < -1))
        return false;
    hufu_buf_shorten(texts, texts->len - start);
    if (real)
        hufu_buf_printf(texts, "%.15g", value);
    else
        hufu_buf_printf(texts, "%lld", whole);
    return true;
}

static bool read_number(struct reader *reader, const char **ret_text)
{
    struct hufu_buf *texts = &reader->json->texts;
    size_t start = texts->len;
    const uint8_t *source = reader->at;
    bool real = false;
    if (!take_number(reader, &real))
        return false;
    hufu_buf_add(texts, source, (size_t)(reader->at - source));
    if (!put_value(texts, start, real))
        return false;
    hufu_buf_add_u8(texts, 0);
    *ret_text = (const char *)texts->data + start;
    return true;
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
        member->type = HUFU_JSON_NUMBER;
        return read_number(reader, &member->text);
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

enum hufu_status hufu_json_parse(struct hufu_bytes text, struct hufu_json **ret_json,
                                 struct hufu_error *err)
{
    HUFU_AUTO(free_json) struct hufu_json *json = malloc(sizeof *json);
    if (!json)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "JSON");
    json->count = 0;
    hufu_buf_init(&json->texts, text.len + (size_t)HUFU_JSON_MEMBERS_MAX * NUMBER_TEXT_MAX);
    hufu_buf_reserve(&json->texts, json->texts.max);
    if (!json->texts.data)
        return hufu_fail(err, HUFU_E_SERVICE_MEMORY, "JSON");
    struct reader reader = {.at = text.data, .end = text.data + text.len, .json = json};
    if (!read_object(&reader) ||
        !names_differ(json)) /* the text may hold a PIN, so no more of it */
        return hufu_fail(err, HUFU_E_REQUEST, "not one flat JSON object");
    *ret_json = HUFU_TAKE(json);
    return HUFU_OK;
}

void hufu_json_free(struct hufu_json *json)
{
    if (json)
        hufu_buf_done(&json->texts);
    free(json);
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
