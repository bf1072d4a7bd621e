#include "component/memo.h"

#include "wire/codepage.h"

#include <string.h>

/* reader + 1 (u32, so that "automatic" is 0), the length of the code page's name (u8), the name,
 * then the certificate. */
enum { READER_BYTES = 4, HEAD_BYTES = READER_BYTES + 1 };

void hufu_memo_write(const struct hufu_page *page, struct hufu_buf *ret_memo)
{
    const char *codepage = page->codepage ? page->codepage : "";
    hufu_buf_add_u32(ret_memo, (uint32_t)(page->reader + 1));
    hufu_buf_add_u8(ret_memo, (uint8_t)strlen(codepage));
    hufu_buf_add_text(ret_memo, codepage);
    hufu_buf_add(ret_memo, page->certificate.data, page->certificate.len);
}

/* The table's own spelling, or NULL. */
static const char *read_codepage(struct hufu_bytes memo)
{
    char name[HUFU_CODEPAGE_NAME_MAX + 1] = "";
    size_t len = memo.data[READER_BYTES];
    if (len > HUFU_CODEPAGE_NAME_MAX || len > memo.len - HEAD_BYTES)
        return NULL;
    memcpy(name, memo.data + HEAD_BYTES, len);
    const char *known = strlen(name) == len ? hufu_codepage_find(name) : NULL;
    return known && strcmp(known, name) == 0 ? known : NULL;
}

static bool read_reader(struct hufu_bytes memo, long *ret_reader)
{
    uint32_t reader = (uint32_t)memo.data[0] << 24 | (uint32_t)memo.data[1] << 16 |
                      (uint32_t)memo.data[2] << 8 | memo.data[3];
    *ret_reader = (long)reader - 1;
    return reader <= HUFU_READERS_MAX;
}

enum hufu_status hufu_memo_read(struct hufu_bytes memo, struct hufu_page *page,
                                struct hufu_error *err)
{
    long reader = 0;
    const char *codepage = memo.len < HEAD_BYTES ? NULL : read_codepage(memo);
    size_t head = HEAD_BYTES + (codepage ? strlen(codepage) : 0);
    if (!codepage || !read_reader(memo, &reader) || memo.len - head > HUFU_CERTIFICATE_MAX)
        return hufu_fail(err, HUFU_E_GENERAL, "memo of another form");
    page->reader = reader;
    page->codepage = codepage;
    hufu_buf_clear(&page->certificate);
    hufu_buf_add(&page->certificate, memo.data + head, memo.len - head);
    return HUFU_OK;
}
