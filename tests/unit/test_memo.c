#include "bytes.h"

#include "component/memo.h"
#include "wire/codepage.h"

enum { HEAD_MAX = 4 + 1 + HUFU_CODEPAGE_NAME_MAX };

static struct hufu_page page_of(long reader)
{
    return (struct hufu_page){
        .reader = reader, .codepage = "BIG5", .certificate = {.max = HUFU_CERTIFICATE_MAX}};
}

static void comes_back(void **state)
{
    (void)state;
    static const long readers[] = {HUFU_READER_AUTOMATIC, 0, 1, HUFU_READERS_MAX - 1};
    static const size_t lengths[] = {0, 1, HUFU_CERTIFICATE_MAX};
    HUFU_AUTO(hufu_free) char *certificate = repeat('c', HUFU_CERTIFICATE_MAX);
    for (size_t i = 0; i < COUNT(readers); i++)
        for (size_t j = 0; j < COUNT(lengths); j++) {
            HUFU_AUTO(hufu_buf_done)
            struct hufu_buf memo = {.max = HEAD_MAX + HUFU_CERTIFICATE_MAX};
            struct hufu_page before = page_of(readers[i]);
            struct hufu_page after = page_of(5);
            hufu_buf_add(&before.certificate, certificate, lengths[j]);
            hufu_buf_add_text(&after.certificate, "another");
            hufu_memo_write(&before, &memo);
            assert_false(memo.failed);
            assert_int_equal(hufu_memo_read(hufu_buf_bytes(&memo), &after, NULL), HUFU_OK);
            assert_int_equal(after.reader, readers[i]);
            assert_bytes(hufu_buf_bytes(&after.certificate), hufu_buf_bytes(&before.certificate));
            hufu_buf_done(&before.certificate);
            hufu_buf_done(&after.certificate);
        }
}

static void keeps_the_code_page(void **state)
{
    (void)state;
    static const char *const names[] = {NULL,   "",      "MS950", "CP950", "950",
                                        "BIG5", "UTF-8", "UTF8",  "65001"};
    for (size_t i = 0; i < COUNT(names); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf memo = {.max = HEAD_MAX};
        struct hufu_page before = page_of(0);
        struct hufu_page after = page_of(0);
        before.codepage = names[i];
        hufu_memo_write(&before, &memo);
        assert_false(memo.failed);
        assert_int_equal(hufu_memo_read(hufu_buf_bytes(&memo), &after, NULL), HUFU_OK);
        assert_string_equal(after.codepage, names[i] ? names[i] : "");
        hufu_buf_done(&after.certificate);
    }
}

static void refuses_other_bytes(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) uint8_t *large = calloc(1, 5 + HUFU_CERTIFICATE_MAX + 1);
    const struct hufu_bytes memos[] = {{NULL, 0},
                                       BYTES("\0\0\0"),
                                       BYTES("\0\0\0\0"),
                                       BYTES("\0\0\0\x21\0"), /* the reader after the last */
                                       BYTES("\xff\xff\xff\xff\0"),
                                       BYTES("\x80\0\0\1\0xyz"),
                                       BYTES("\0\0\0\1\5MS95"), /* cut */
                                       BYTES("\0\0\0\1\5ms950"),
                                       BYTES("\0\0\0\1\3GBK"),
                                       BYTES("\0\0\0\1\4950\0"),
                                       BYTES("\0\0\0\1\6MS9500"),
                                       BYTES("\0\0\0\1\xff"),
                                       {large, 5 + HUFU_CERTIFICATE_MAX + 1}};
    for (size_t i = 0; i < COUNT(memos); i++) {
        HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(memos[i].data, memos[i].len);
        struct hufu_page page = page_of(5);
        hufu_buf_add_text(&page.certificate, "mine");
        assert_int_equal(hufu_memo_read(hufu_bytes_of(copy, memos[i].len), &page, NULL),
                         HUFU_E_GENERAL);
        assert_int_equal(page.reader, 5);
        assert_string_equal(page.codepage, "BIG5");
        assert_string_equal(hufu_buf_text(&page.certificate), "mine");
        hufu_buf_done(&page.certificate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(keeps_the_code_page),
        cmocka_unit_test(refuses_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
