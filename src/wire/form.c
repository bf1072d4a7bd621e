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

/* The byte of an escape, which stands at the start; -1 for a broken one. */
static int escaped(struct hufu_bytes text)
{
    int high = text.len > 2 ? hufu_hex_value(text.data[1]) : -1;
    int low = text.len > 2 ? hufu_hex_value(text.data[2]) : -1;
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* A cut escape counts as a whole one when room is made, and is found before the room ends or when
 * it does. */
static bool decode(struct hufu_bytes text, uint8_t *out, size_t room)
{
    while (text.len > 0) {
        const uint8_t *escape = memchr(text.data, '%', text.len);
        size_t run = escape ? (size_t)(escape - text.data) : text.len;
        if (run + (escape != NULL) > room)
            return false;
        memcpy(out, text.data, run);
        text = hufu_bytes_of(text.data + run, text.len - run);
        out += run;
        room -= run;
        if (!escape)
            return true;
        int byte = escaped(text);
        if (byte < 0)
            return false;
        *out++ = (uint8_t)byte;
        room--;
        text = hufu_bytes_of(text.data + 3, text.len - 3);
    }
    return true;
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
    return decode(text, out, len) ? HUFU_OK
                                  : hufu_fail(err, HUFU_E_REQUEST, "broken percent escape");
}
