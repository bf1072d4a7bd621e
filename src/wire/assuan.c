#include "wire/assuan.h"

/* The longest character has 4 bytes, an escape 3, the end of the line 1. */
enum { TAIL_MAX = 6 };

void hufu_assuan_line(struct hufu_buf *ret_line, const char *verb, const char *text)
{
    size_t start = ret_line->len;
    hufu_buf_printf(ret_line, "%s%s", verb, text ? " " : "");
    for (const char *at = text ? text : ""; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        bool first_of_character = (byte & 0xc0) != 0x80;
        if (first_of_character && ret_line->len - start > HUFU_ASSUAN_LINE_MAX - TAIL_MAX)
            break;
        if (byte == '%' || byte == '\n')
            hufu_buf_printf(ret_line, "%%%02X", byte);
        else if (byte >= 0x20 && byte != 0x7f)
            hufu_buf_add_u8(ret_line, byte);
    }
    hufu_buf_add_text(ret_line, "\n");
}
