#include "xml/scan.h"

#include <string.h>

static bool begins(const struct hufu_xml_scanner *scanner, const char *with)
{
    size_t len = strlen(with);
    return scanner->text.len - scanner->first >= len &&
           memcmp(scanner->text.data + scanner->first, with, len) == 0;
}

/* Up to and with `mark`, which comes after `skip` bytes at least. */
static enum hufu_xml_token up_to(struct hufu_xml_scanner *scanner, size_t skip, const char *mark,
                                 enum hufu_xml_token token)
{
    size_t from = scanner->first + skip;
    const uint8_t *found =
        from > scanner->text.len
            ? NULL
            : memmem(scanner->text.data + from, scanner->text.len - from, mark, strlen(mark));
    if (!found)
        return HUFU_XML_BROKEN;
    scanner->end = (size_t)(found - scanner->text.data) + strlen(mark);
    return token;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* An attribute's name is what stands before its "=". */
static void count_attribute(struct hufu_xml_scanner *scanner, size_t equals)
{
    static const char xmlns[] = "xmlns";
    const uint8_t *data = scanner->text.data;
    size_t end = equals;
    while (end > scanner->first && is_space(data[end - 1]))
        end--;
    size_t first = end;
    while (first > scanner->first && !is_space(data[first - 1]) && !strchr("'\"", data[first - 1]))
        first--;
    scanner->attributes++;
    scanner->namespaces +=
        end - first >= sizeof xmlns - 1 && memcmp(data + first, xmlns, sizeof xmlns - 1) == 0;
}

/* A ">" in an attribute's value ends no tag. */
static enum hufu_xml_token start_tag(struct hufu_xml_scanner *scanner)
{
    const uint8_t *data = scanner->text.data;
    uint8_t quote = 0;
    for (size_t at = scanner->first + 1; at < scanner->text.len; at++) {
        if (quote) {
            quote = data[at] == quote ? 0 : quote;
        } else if (data[at] == '"' || data[at] == '\'') {
            quote = data[at];
        } else if (data[at] == '=') {
            count_attribute(scanner, at);
        } else if (data[at] == '<') {
            return HUFU_XML_BROKEN;
        } else if (data[at] == '>') {
            scanner->end = at + 1;
            return data[at - 1] == '/' ? HUFU_XML_EMPTY : HUFU_XML_START;
        }
    }
    return HUFU_XML_BROKEN;
}

static enum hufu_xml_token text_run(struct hufu_xml_scanner *scanner)
{
    const uint8_t *from = scanner->text.data + scanner->first;
    const uint8_t *found = memchr(from, '<', scanner->text.len - scanner->first);
    scanner->end = found ? (size_t)(found - scanner->text.data) : scanner->text.len;
    return HUFU_XML_TEXT;
}

enum hufu_xml_token hufu_xml_scan(struct hufu_xml_scanner *scanner)
{
    scanner->first = scanner->end;
    scanner->attributes = scanner->namespaces = 0;
    if (scanner->first >= scanner->text.len)
        return HUFU_XML_END_OF_TEXT;
    if (scanner->text.data[scanner->first] != '<')
        return text_run(scanner);
    if (begins(scanner, "<!--"))
        return up_to(scanner, strlen("<!--"), "-->", HUFU_XML_OTHER);
    if (begins(scanner, "<![CDATA["))
        return up_to(scanner, strlen("<![CDATA["), "]]>", HUFU_XML_OTHER);
    if (begins(scanner, "<!"))
        return HUFU_XML_BROKEN; /* a DOCTYPE, or what may stand in one only */
    if (begins(scanner, "<?"))
        return up_to(scanner, strlen("<?"), "?>", HUFU_XML_OTHER);
    return begins(scanner, "</") ? up_to(scanner, strlen("</"), ">", HUFU_XML_END)
                                 : start_tag(scanner);
}

/* --- limits --- */

struct count {
    size_t nodes;
    size_t depth;
    size_t in_scope;
    size_t declared[HUFU_XML_DEPTH_MAX]; /* namespaces, by the open elements */
};

static const char *open_element(struct count *count, const struct hufu_xml_scanner *scanner,
                                bool empty)
{
    if (scanner->attributes > HUFU_XML_ATTRIBUTES_MAX)
        return "too many attributes";
    if (count->in_scope + scanner->namespaces > HUFU_XML_NAMESPACES_MAX)
        return "too many namespaces";
    if (count->depth == HUFU_XML_DEPTH_MAX)
        return "too deep";
    if (!empty) {
        count->declared[count->depth++] = scanner->namespaces;
        count->in_scope += scanner->namespaces;
    }
    return NULL;
}

static const char *count_token(struct count *count, enum hufu_xml_token token,
                               const struct hufu_xml_scanner *scanner)
{
    count->nodes += (token != HUFU_XML_TEXT) + scanner->attributes;
    if (count->nodes > HUFU_XML_NODES_MAX)
        return "too many nodes";
    if (token == HUFU_XML_START || token == HUFU_XML_EMPTY)
        return open_element(count, scanner, token == HUFU_XML_EMPTY);
    if (token == HUFU_XML_END && count->depth == 0)
        return "an end without a start";
    if (token == HUFU_XML_END)
        count->in_scope -= count->declared[--count->depth];
    if (token == HUFU_XML_BROKEN)
        return begins(scanner, "<!D") ? "document type" : "markup";
    return NULL;
}

enum hufu_status hufu_xml_check_limits(struct hufu_bytes text, struct hufu_error *err)
{
    struct hufu_xml_scanner scanner = {.text = text};
    struct count count = {0};
    if (text.len == 0 || memchr(text.data, 0, text.len))
        return hufu_fail(err, HUFU_E_XML, "no text");
    for (enum hufu_xml_token token; (token = hufu_xml_scan(&scanner)) != HUFU_XML_END_OF_TEXT;) {
        const char *why = count_token(&count, token, &scanner);
        if (why)
            return hufu_fail(err, HUFU_E_XML, why);
    }
    return HUFU_OK;
}

/* --- places --- */

bool hufu_xml_find_places(struct hufu_bytes text, struct hufu_xml_place *places, size_t count)
{
    struct hufu_xml_scanner scanner = {.text = text};
    size_t element = 0;
    struct hufu_xml_place *open = NULL;
    for (size_t i = 0; i < count || open;) {
        enum hufu_xml_token token = hufu_xml_scan(&scanner);
        if (token == HUFU_XML_END_OF_TEXT || token == HUFU_XML_BROKEN)
            return false;
        if (open && token == HUFU_XML_END)
            open->end = scanner.first;
        if (token == HUFU_XML_END)
            open = NULL;
        if (token != HUFU_XML_START && token != HUFU_XML_EMPTY)
            continue;
        if (i < count && element == places[i].element) {
            places[i].tag = scanner.first;
            places[i].empty = token == HUFU_XML_EMPTY;
            places[i].first = scanner.end - (places[i].empty ? strlen("/>") : 0);
            places[i].end = scanner.end;
            open = places[i].empty ? NULL : &places[i];
            i++;
        }
        element++;
    }
    return true;
}

bool hufu_xml_find_element(struct hufu_bytes text, size_t element, struct hufu_bytes *ret_element)
{
    struct hufu_xml_scanner scanner = {.text = text};
    size_t number = 0, depth = 0, first = 0;
    for (enum hufu_xml_token token; (token = hufu_xml_scan(&scanner)) != HUFU_XML_END_OF_TEXT;) {
        bool starts = token == HUFU_XML_START || token == HUFU_XML_EMPTY;
        if (token == HUFU_XML_BROKEN)
            return false;
        if (starts && number++ == element)
            first = scanner.first;
        if (number <= element)
            continue;
        depth += token == HUFU_XML_START;
        depth -= token == HUFU_XML_END && depth > 0;
        if (depth == 0 && (starts || token == HUFU_XML_END)) {
            *ret_element = hufu_bytes_of(text.data + first, scanner.end - first);
            return true;
        }
    }
    return false;
}

/* The name of the element, as it stands in its start tag. */
static struct hufu_bytes name_of(struct hufu_bytes text, const struct hufu_xml_place *place)
{
    size_t first = place->tag + 1;
    size_t end = first;
    while (end < place->first && !is_space(text.data[end]))
        end++;
    return hufu_bytes_of(text.data + first, end - first);
}

size_t hufu_xml_put(struct hufu_bytes text, size_t from, const struct hufu_xml_place *place,
                    struct hufu_bytes content, struct hufu_buf *ret_text)
{
    struct hufu_bytes name = name_of(text, place);
    hufu_buf_add(ret_text, text.data + from, place->first - from);
    if (place->empty)
        hufu_buf_add_text(ret_text, ">");
    hufu_buf_add(ret_text, content.data, content.len);
    if (place->empty) {
        hufu_buf_add_text(ret_text, "</");
        hufu_buf_add(ret_text, name.data, name.len);
        hufu_buf_add_text(ret_text, ">");
    }
    return place->end;
}
