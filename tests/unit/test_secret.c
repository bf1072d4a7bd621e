#include "bytes.h"

#include "base/secret.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

/* Linked in front of libc's: sees the page before it goes. */
int __real_munmap(void *start, size_t len);
int __wrap_munmap(void *start, size_t len);

static bool page_wiped;

int __wrap_munmap(void *start, size_t len)
{
    const uint8_t *bytes = start;
    page_wiped = true;
    for (size_t i = 0; i < len; i++)
        if (bytes[i])
            page_wiped = false;
    return __real_munmap(start, len);
}

static void is_a_copy(void **state)
{
    (void)state;
    char pin[] = "123456";
    struct hufu_secret *secret = hufu_secret_new(pin, 6);
    assert_non_null(secret);
    memset(pin, 'x', sizeof pin);
    assert_string_equal(hufu_secret_bytes(secret), "123456");
    assert_int_equal(hufu_secret_len(secret), 6);
    hufu_secret_free(secret);
}

static void may_be_empty(void **state)
{
    (void)state;
    struct hufu_secret *secret = hufu_secret_new("", 0);
    assert_non_null(secret);
    assert_string_equal(hufu_secret_bytes(secret), "");
    assert_int_equal(hufu_secret_len(secret), 0);
    hufu_secret_free(secret);
}

static void has_a_longest_one(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *text = repeat('7', HUFU_SECRET_MAX + 1);
    assert_null(hufu_secret_new(text, HUFU_SECRET_MAX + 1));
    struct hufu_secret *secret = hufu_secret_new(text, HUFU_SECRET_MAX);
    assert_non_null(secret);
    assert_int_equal(strlen(hufu_secret_bytes(secret)), HUFU_SECRET_MAX);
    hufu_secret_free(secret);
}

static void is_wiped_when_freed(void **state)
{
    (void)state;
    struct hufu_secret *secret = hufu_secret_new("123456", 6);
    page_wiped = false;
    hufu_secret_free(secret);
    assert_true(page_wiped);
    hufu_secret_free(NULL);
}

/* The flags that the kernel shows of the mapping which holds `address`. */
static void read_flags(const void *address, char *ret_flags, size_t size)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[4096];
    bool inside = false;
    assert_non_null(maps);
    ret_flags[0] = 0;
    while (!ret_flags[0] && fgets(line, sizeof line, maps)) {
        uintptr_t start = 0;
        uintptr_t end = 0;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &start, &end) == 2)
            inside = (uintptr_t)address >= start && (uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(ret_flags, size, "%.*s", (int)size - 1, line + 8);
    }
    fclose(maps);
}

static void is_left_out_of_core_files_and_children(void **state)
{
    (void)state;
    char flags[256];
    struct hufu_secret *secret = hufu_secret_new("123456", 6);
    read_flags(secret, flags, sizeof flags);
    assert_non_null(strstr(flags, " dd")); /* do not dump */
    assert_non_null(strstr(flags, " dc")); /* do not copy when forking */
    hufu_secret_free(secret);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_copy),
        cmocka_unit_test(may_be_empty),
        cmocka_unit_test(has_a_longest_one),
        cmocka_unit_test(is_wiped_when_freed),
        cmocka_unit_test(is_left_out_of_core_files_and_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
