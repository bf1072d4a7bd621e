#include "bytes.h"

#include "base/wipe.h"

/* Linked in front of libc's: sees a block before it goes, and memory can run out. */
void *__real_malloc(size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void __wrap_free(void *block);

enum { SIZE = 100 };

static const void *watched;
static bool wiped;
static bool out_of_memory;

void *__wrap_malloc(size_t size)
{
    return out_of_memory ? NULL : __real_malloc(size);
}

void __wrap_free(void *block)
{
    if (block && block == watched) {
        const char *bytes = block;
        wiped = true;
        for (size_t i = 0; i < SIZE; i++)
            if (bytes[i])
                wiped = false;
        watched = NULL;
    }
    __real_free(block);
}

static char *new_secret(void)
{
    char *block = malloc(SIZE);
    assert_non_null(block);
    memset(block, 'P', SIZE);
    watched = block;
    wiped = false;
    return block;
}

static void wipes_what_is_freed(void **state)
{
    (void)state;
    hufu_wipe_free(new_secret());
    assert_true(wiped);
    hufu_wipe_free_at(new_secret(), "file", 1);
    assert_true(wiped);
    hufu_wipe_free(NULL);
}

static void wipes_what_is_left_behind(void **state)
{
    (void)state;
    static const size_t sizes[] = {SIZE / 2, SIZE, SIZE * 100};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *moved = hufu_wipe_realloc(new_secret(), sizes[i]);
        assert_true(wiped);
        for (size_t at = 0; at < SIZE && at < sizes[i]; at++)
            assert_int_equal(moved[at], 'P');
        free(moved);
    }
}

static void is_realloc_otherwise(void **state)
{
    (void)state;
    char *block = hufu_wipe_realloc(NULL, SIZE);
    assert_non_null(block);
    assert_null(hufu_wipe_realloc(block, 0)); /* freed */
    block = new_secret();
    out_of_memory = true;
    assert_null(hufu_wipe_realloc(block, SIZE * 2));
    out_of_memory = false; /* the block stays as it was */
    assert_int_equal(block[SIZE - 1], 'P');
    hufu_wipe_free(block);
    block = hufu_wipe_realloc_at(hufu_wipe_malloc_at(1, "file", 1), SIZE, "file", 1);
    assert_non_null(block);
    hufu_wipe_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wipes_what_is_freed),
        cmocka_unit_test(wipes_what_is_left_behind),
        cmocka_unit_test(is_realloc_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
