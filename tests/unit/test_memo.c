#include "bytes.h"

#include "component/memo.h"

static struct hufu_page page_of(long reader)
{
    return (struct hufu_page){.reader = reader, .certificate = {.max = HUFU_CERTIFICATE_MAX}};
}

static void comes_back(void **state)
{
    (void)state;
    static const long readers[] = {HUFU_READER_AUTOMATIC, 0, 1, HUFU_READERS_MAX - 1};
    static const size_t lengths[] = {0, 1, HUFU_CERTIFICATE_MAX};
    HUFU_AUTO(hufu_free) char *certificate = repeat('c', HUFU_CERTIFICATE_MAX);
    for (size_t i = 0; i < COUNT(readers); i++)
        for (size_t j = 0; j < COUNT(lengths); j++) {
            HUFU_AUTO(hufu_buf_done) struct hufu_buf memo = {.max = 4 + HUFU_CERTIFICATE_MAX};
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

static void refuses_other_bytes(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) uint8_t *large = calloc(1, 4 + HUFU_CERTIFICATE_MAX + 1);
    const struct hufu_bytes memos[] = {{NULL, 0},
                                       BYTES("\0\0\0"),
                                       BYTES("\0\0\0\x21"), /* the reader after the last */
                                       BYTES("\xff\xff\xff\xff"),
                                       BYTES("\x80\0\0\1xyz"),
                                       {large, 4 + HUFU_CERTIFICATE_MAX + 1}};
    for (size_t i = 0; i < COUNT(memos); i++) {
        HUFU_AUTO(hufu_free) uint8_t *copy = exact_copy(memos[i].data, memos[i].len);
        struct hufu_page page = page_of(5);
        hufu_buf_add_text(&page.certificate, "mine");
        assert_int_equal(hufu_memo_read(hufu_bytes_of(copy, memos[i].len), &page, NULL),
                         HUFU_E_GENERAL);
        assert_int_equal(page.reader, 5);
        assert_string_equal(hufu_buf_text(&page.certificate), "mine");
        hufu_buf_done(&page.certificate);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(refuses_other_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
