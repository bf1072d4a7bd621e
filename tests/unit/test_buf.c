#include "bytes.h"

#include <malloc.h>

/* Linked in front of libc's: freed blocks are searched for a secret, and memory can run out. */
void *__real_malloc(size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void __wrap_free(void *block);

static const char secret[] = "not for others";
static bool secret_leaked;
static bool out_of_memory;

void *__wrap_malloc(size_t size)
{
    return out_of_memory ? NULL : __real_malloc(size);
}

void __wrap_free(void *block)
{
    if (block && memmem(block, malloc_usable_size(block), secret, sizeof secret - 1))
        secret_leaked = true;
    __real_free(block);
}

static void takes_its_maximum_and_no_more(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 8};
    hufu_buf_add_text(&buf, "12345678");
    assert_false(buf.failed);
    assert_bytes(hufu_buf_bytes(&buf), BYTES("12345678"));
    hufu_buf_add_u8(&buf, '9');
    assert_true(buf.failed);
    assert_int_equal(buf.len, 8);
}

static void refuses_a_length_that_would_wrap(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 8};
    hufu_buf_add_text(&buf, "1");
    assert_null(hufu_buf_extend(&buf, SIZE_MAX));
    assert_true(buf.failed);
}

static void stays_failed(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 4};
    hufu_buf_add_text(&buf, "12345");
    assert_true(buf.failed);
    hufu_buf_add_u8(&buf, '1');
    assert_null(hufu_buf_extend(&buf, 0));
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
}

static void forgets_a_failure_when_cleared(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 4};
    hufu_buf_add_text(&buf, "12345");
    hufu_buf_clear(&buf);
    hufu_buf_add_text(&buf, "1234");
    assert_false(buf.failed);
    assert_string_equal(hufu_buf_text(&buf), "1234");
    hufu_buf_add_u8(&buf, '5');
    assert_true(buf.failed);
}

static void is_always_a_text(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 1000};
    assert_string_equal(hufu_buf_text(&buf), "");
    hufu_buf_add(&buf, NULL, 0);
    assert_string_equal(hufu_buf_text(&buf), "");
    for (size_t i = 1; i <= 1000; i++) {
        hufu_buf_add_u8(&buf, 'x');
        assert_int_equal(strlen(hufu_buf_text(&buf)), i);
    }
}

static void writes_numbers_and_hex(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 100};
    hufu_buf_add_u32(&buf, 0x01020aff);
    assert_bytes(hufu_buf_bytes(&buf), BYTES("\x01\x02\x0a\xff"));
    hufu_buf_clear(&buf);
    hufu_buf_add_hex(&buf, (const uint8_t *)"\x00\x1f\xab", 3);
    assert_string_equal(hufu_buf_text(&buf), "001fab");
}

static void reads_hex_digits(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef", capitals[] = "0123456789ABCDEF";
    for (unsigned c = 0; c < 256; c++) {
        const char *digit = c ? strchr(digits, (int)c) : NULL;
        const char *capital = c ? strchr(capitals, (int)c) : NULL;
        int value = digit ? (int)(digit - digits) : capital ? (int)(capital - capitals) : -1;
        assert_int_equal(hufu_hex_value((uint8_t)c), value);
    }
}

static void formats_all_or_nothing(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 7};
    hufu_buf_printf(&buf, "%d-%s", 42, "abcd");
    assert_false(buf.failed);
    assert_string_equal(hufu_buf_text(&buf), "42-abcd");
    hufu_buf_clear(&buf);
    hufu_buf_printf(&buf, "%d-%s", 42, "abcde");
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
}

static void can_be_used_again(void **state)
{
    (void)state;
    struct hufu_buf buf;
    hufu_buf_init(&buf, 4);
    hufu_buf_add_text(&buf, "1234");
    hufu_buf_done(&buf);
    assert_null(buf.data);
    hufu_buf_add_text(&buf, "12345");
    assert_true(buf.failed); /* the maximum is kept */
    hufu_buf_done(&buf);
    hufu_buf_done(&buf);
}

static void keeps_its_place_once_it_is_reserved(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 1000};
    hufu_buf_add_text(&buf, "kept");
    hufu_buf_reserve(&buf, 996);
    const uint8_t *place = buf.data;
    assert_string_equal(hufu_buf_text(&buf), "kept");
    assert_true(buf.size > 1000);
    for (int i = 0; i < 996; i++)
        hufu_buf_add_u8(&buf, 'x');
    assert_false(buf.failed);
    assert_ptr_equal(buf.data, place);
    hufu_buf_add_u8(&buf, 'x');
    assert_true(buf.failed);
}

static void reserves_no_more_than_its_maximum(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 1000};
    hufu_buf_reserve(&buf, 1001);
    hufu_buf_reserve(&buf, SIZE_MAX);
    hufu_buf_reserve(&buf, 0);
    assert_string_equal(hufu_buf_text(&buf), "");
    hufu_buf_done(&buf);
    assert_false(buf.failed);
    assert_int_equal(buf.size, 0);
    out_of_memory = true;
    hufu_buf_reserve(&buf, 1000);
    out_of_memory = false;
    assert_false(buf.failed);
    hufu_buf_add_text(&buf, "added");
    assert_string_equal(hufu_buf_text(&buf), "added");
}

static void takes_no_more_than_a_large_one_needs(void **state)
{
    (void)state;
    enum { LARGE = 100000 };
    HUFU_AUTO(hufu_free) char *text = repeat('x', LARGE);
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 2 * LARGE};
    hufu_buf_add(&buf, text, LARGE);
    assert_int_equal(buf.size, LARGE + 1);
    hufu_buf_add_u8(&buf, 'x');
    assert_int_equal(buf.size, 2 * (LARGE + 1));
}

static void takes_its_end_away(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 20};
    hufu_buf_shorten(&buf, 0);
    assert_string_equal(hufu_buf_text(&buf), "");
    hufu_buf_add_text(&buf, "keep, take");
    hufu_buf_shorten(&buf, 0);
    hufu_buf_shorten(&buf, 6);
    assert_bytes(hufu_buf_bytes(&buf), BYTES("keep"));
    assert_string_equal(hufu_buf_text(&buf), "keep");
    assert_null(memmem(buf.data, buf.size, "take", 4));
    hufu_buf_shorten(&buf, 4);
    assert_string_equal(hufu_buf_text(&buf), "");
}

static void wipes_what_it_lets_go(void **state)
{
    (void)state;
    secret_leaked = false;
    struct hufu_buf buf = {.max = 4096};
    hufu_buf_add_text(&buf, secret);
    for (int i = 0; i < 1000; i++)
        hufu_buf_add_u8(&buf, 'x'); /* moves the content several times */
    hufu_buf_done(&buf);
    assert_false(secret_leaked);
}

static void wipes_what_it_forgets(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 100};
    hufu_buf_add_text(&buf, secret);
    hufu_buf_clear(&buf);
    assert_null(memmem(buf.data, buf.size, secret, sizeof secret - 1));
}

static void fails_without_memory(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 4096};
    hufu_buf_add_text(&buf, "kept");
    out_of_memory = true;
    uint8_t *start = hufu_buf_extend(&buf, 1000);
    out_of_memory = false;
    assert_null(start);
    assert_true(buf.failed);
    assert_string_equal(hufu_buf_text(&buf), "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_its_maximum_and_no_more),
        cmocka_unit_test(refuses_a_length_that_would_wrap),
        cmocka_unit_test(stays_failed),
        cmocka_unit_test(forgets_a_failure_when_cleared),
        cmocka_unit_test(is_always_a_text),
        cmocka_unit_test(writes_numbers_and_hex),
        cmocka_unit_test(reads_hex_digits),
        cmocka_unit_test(formats_all_or_nothing),
        cmocka_unit_test(can_be_used_again),
        cmocka_unit_test(keeps_its_place_once_it_is_reserved),
        cmocka_unit_test(reserves_no_more_than_its_maximum),
        cmocka_unit_test(takes_no_more_than_a_large_one_needs),
        cmocka_unit_test(takes_its_end_away),
        cmocka_unit_test(wipes_what_it_lets_go),
        cmocka_unit_test(wipes_what_it_forgets),
        cmocka_unit_test(fails_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
