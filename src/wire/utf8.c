#include "wire/utf8.h"

#include <string.h>

size_t hufu_utf8_decode(struct hufu_bytes text, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = text.len > 0 ? text.data[0] : 0xFF;
    size_t len = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (len > text.len || first > 0xF4 || (first >= 0x80 && first < 0xC2))
        return 0;
    uint32_t code = len == 1 ? first : first & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((text.data[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text.data[i] & 0x3F);
    }
    if (code < least[len] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    *ret_code = code;
    return len;
}

size_t hufu_utf8_encode(uint32_t code, uint8_t ret_bytes[HUFU_UTF8_BYTES_MAX])
{
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i-- > 1; code >>= 6)
        ret_bytes[i] = (uint8_t)(0x80 | (code & 0x3F));
    ret_bytes[0] = (uint8_t)(heads[len] | code);
    return len;
}

/* Whether eight bytes are ASCII and none of them is NUL: what is taken away from a byte sets its
 * highest bit when it was 0. */
static bool are_ascii(const uint8_t *bytes)
{
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
    return ((word | (word - 0x0101010101010101)) & 0x8080808080808080) == 0;
}

bool hufu_utf8_is_text(struct hufu_bytes bytes)
{
    while (bytes.len > 0) {
        uint32_t code = 0;
        size_t len = bytes.len >= sizeof(uint64_t) && are_ascii(bytes.data)
                         ? sizeof(uint64_t)
                         : hufu_utf8_decode(bytes, &code);
        if (len == 0 || (len == 1 && code == 0))
            return false;
        bytes = hufu_bytes_of(bytes.data + len, bytes.len - len);
    }
    return true;
}
