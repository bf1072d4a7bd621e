#include "component/memo.h"

/* reader + 1 (u32, so that "automatic" is 0), then the certificate. */
enum { READER_BYTES = 4 };

void hufu_memo_write(const struct hufu_page *page, struct hufu_buf *ret_memo)
{
    hufu_buf_add_u32(ret_memo, (uint32_t)(page->reader + 1));
    hufu_buf_add(ret_memo, page->certificate.data, page->certificate.len);
}

enum hufu_status hufu_memo_read(struct hufu_bytes memo, struct hufu_page *page,
                                struct hufu_error *err)
{
    if (memo.len < READER_BYTES || memo.len > READER_BYTES + HUFU_CERTIFICATE_MAX)
        return hufu_fail(err, HUFU_E_GENERAL, "memo of another form");
    uint32_t reader = (uint32_t)memo.data[0] << 24 | (uint32_t)memo.data[1] << 16 |
                      (uint32_t)memo.data[2] << 8 | memo.data[3];
    if (reader > HUFU_READERS_MAX)
        return hufu_fail(err, HUFU_E_GENERAL, "memo of another form");
    page->reader = (long)reader - 1;
    hufu_buf_clear(&page->certificate);
    hufu_buf_add(&page->certificate, memo.data + READER_BYTES, memo.len - READER_BYTES);
    return HUFU_OK;
}
