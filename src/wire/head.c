#include "wire/head.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* RFC 9110, 5.6.2 */
static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_printable(char c)
{
    return c > ' ' && c <= '~';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* The text up to the first character that does not belong. */
static char *skip(char *text, bool (*belongs)(char))
{
    while (belongs(*text))
        text++;
    return text;
}

/* Length of the head with its empty line, when it is there. A line feed without carriage return,
 * and the reverse, are where two readers of one request would part. */
static enum hufu_head_state find_end(const char *bytes, size_t len, size_t *ret_len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool after_cr = i > 0 && bytes[i - 1] == '\r';
        if ((c == '\n') != after_cr)
            return HUFU_HEAD_MALFORMED;
        if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
            return HUFU_HEAD_MALFORMED;
        if (c == '\n' && i >= 3 && bytes[i - 2] == '\n') {
            *ret_len = i + 1;
            return HUFU_HEAD_DONE;
        }
    }
    return HUFU_HEAD_MORE;
}

static bool read_request_line(char *line, struct hufu_head *head)
{
    char *method_end = skip(line, is_token);
    if (method_end == line || *method_end != ' ')
        return false;
    char *target = method_end + 1;
    char *target_end = skip(target, is_printable);
    if (target_end == target || strcmp(target_end, " HTTP/1.1") != 0)
        return false;
    *method_end = 0;
    *target_end = 0;
    head->method = line;
    head->target = target;
    return true;
}

static bool read_header(char *line, struct hufu_header *header)
{
    char *name_end = skip(line, is_token);
    if (name_end == line || *name_end != ':')
        return false;
    char *value = skip(name_end + 1, is_space);
    char *value_end = value + strlen(value);
    while (value_end > value && is_space(value_end[-1]))
        value_end--;
    *name_end = 0;
    *value_end = 0;
    *header = (struct hufu_header){.name = line, .value = value};
    return true;
}

/* Ends the line at `line` and returns the next one. */
static char *cut_line(char *line)
{
    char *end = strchr(line, '\r');
    *end = 0;
    return end + 2;
}

/* `line` is the first of a head that has all its lines and no NUL. */
static enum hufu_head_state read_lines(char *line, struct hufu_head *head)
{
    char *next = cut_line(line);
    head->header_count = 0;
    if (!read_request_line(line, head))
        return HUFU_HEAD_MALFORMED;
    for (line = next; *line != '\r'; line = next) {
        next = cut_line(line);
        if (head->header_count == HUFU_HEADERS_MAX)
            return HUFU_HEAD_TOO_LARGE;
        if (!read_header(line, &head->headers[head->header_count++]))
            return HUFU_HEAD_MALFORMED;
    }
    return HUFU_HEAD_DONE;
}

enum hufu_head_state hufu_head_read(char *bytes, size_t len, struct hufu_head *ret_head,
                                    size_t *ret_len)
{
    size_t head_len = 0;
    size_t most = len < HUFU_HEADER_BYTES_MAX ? len : HUFU_HEADER_BYTES_MAX;
    enum hufu_head_state state = find_end(bytes, most, &head_len);
    if (state == HUFU_HEAD_MORE && most < len)
        return HUFU_HEAD_TOO_LARGE;
    if (state != HUFU_HEAD_DONE)
        return state;
    struct hufu_head head;
    head.port = 0;
    state = read_lines(bytes, &head);
    if (state != HUFU_HEAD_DONE)
        return state;
    *ret_head = head;
    *ret_len = head_len;
    return HUFU_HEAD_DONE;
}

const char *hufu_head_value(const struct hufu_head *head, const char *name)
{
    for (size_t i = 0; i < head->header_count; i++)
        if (strcasecmp(head->headers[i].name, name) == 0)
            return head->headers[i].value;
    return NULL;
}

/* RFC 9110, 8.6: digits, nothing else; no sign, no list, no other base. */
static bool read_length(const char *text, uint64_t *ret_length)
{
    uint64_t length = 0;
    if (!text[0] || text[strspn(text, "0123456789")])
        return false;
    for (; *text; text++)
        if (__builtin_mul_overflow(length, 10U, &length) ||
            __builtin_add_overflow(length, (uint64_t)(*text - '0'), &length)) {
            length = UINT64_MAX;
            break;
        }
    *ret_length = length;
    return true;
}

const char *hufu_head_framing(const struct hufu_head *head, uint64_t *ret_length)
{
    static const char length_name[] = "Content-Length";
    static const char coding_name[] = "Transfer-Encoding";
    uint64_t length = 0;
    size_t lengths = 0;
    for (size_t i = 0; i < head->header_count; i++) {
        const struct hufu_header *header = &head->headers[i];
        if (strcasecmp(header->name, coding_name) == 0)
            return coding_name;
        if (strcasecmp(header->name, length_name) == 0 &&
            (lengths++ > 0 || !read_length(header->value, &length)))
            return length_name;
    }
    *ret_length = length;
    return NULL;
}
