#include "wire/form.h"

#include <string.h>

enum hufu_status hufu_form_field(struct hufu_bytes body, const char *name,
                                 struct hufu_bytes *ret_value, struct hufu_error *err)
{
    size_t name_len = strlen(name);
    struct hufu_bytes found = {0};
    for (size_t at = 0; at < body.len;) {
        const uint8_t *start = body.data + at;
        const uint8_t *end = memchr(start, '&', body.len - at);
        size_t len = end ? (size_t)(end - start) : body.len - at;
        at += len + 1;
        if (len <= name_len || memcmp(start, name, name_len) != 0 || start[name_len] != '=')
            continue;
        if (found.data)
            return hufu_fail(err, HUFU_E_REQUEST, "form field given twice");
        found = hufu_bytes_of(start + name_len + 1, len - name_len - 1);
    }
    if (!found.data)
        return hufu_fail(err, HUFU_E_REQUEST, "form field missing");
    *ret_value = found;
    return HUFU_OK;
}

/* Every escape is three bytes that become one; SIZE_MAX when there is no room for that. */
static size_t decoded_len(struct hufu_bytes text)
{
    size_t escapes = 0;
    for (size_t i = 0; i < text.len; i++)
        escapes += text.data[i] == '%';
    return escapes > text.len / 3 ? SIZE_MAX : text.len - 2 * escapes;
}

enum hufu_status hufu_percent_decode(struct hufu_bytes text, struct hufu_buf *ret_data,
                                     struct hufu_error *err)
{
    size_t len = decoded_len(text);
    if (len == SIZE_MAX)
        return hufu_fail(err, HUFU_E_REQUEST, "broken percent escape");
    uint8_t *out = hufu_buf_extend(ret_data, len);
    if (!out)
        return hufu_fail(err, HUFU_E_REQUEST, "value too long");
    const uint8_t *end = out + len; /* a cut escape at the end leaves less room than it looks */
    for (size_t i = 0; i < text.len; i++) {
        int high = 0;
        int low = text.data[i];
        if (text.data[i] == '%') {
            high = i + 2 < text.len ? hufu_hex_value(text.data[i + 1]) : -1;
            low = i + 2 < text.len ? hufu_hex_value(text.data[i + 2]) : -1;
            i += 2;
        }
        if (high < 0 || low < 0 || out == end)
            return hufu_fail(err, HUFU_E_REQUEST, "broken percent escape");
        *out++ = (uint8_t)(high << 4 | low);
    }
    return HUFU_OK;
}
