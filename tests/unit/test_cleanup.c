#include "bytes.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void take_hands_over(void **state)
{
    (void)state;
    char *text = repeat('x', 3);
    HUFU_AUTO(hufu_free) char *taken = HUFU_TAKE(text);
    assert_null(text);
    assert_string_equal(taken, "xxx");
}

static void close_forgets_the_descriptor(void **state)
{
    (void)state;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    int copy = fd;
    hufu_close(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(fcntl(copy, F_GETFD), -1);
    assert_int_equal(errno, EBADF);
    hufu_close(&fd);
    assert_int_equal(fd, -1);
}

static void closes_at_the_end_of_its_scope(void **state)
{
    (void)state;
    int seen = -1;
    {
        HUFU_AUTO(hufu_close) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        seen = fd;
    }
    assert_int_equal(fcntl(seen, F_GETFD), -1);
}

static void clock_goes_forward(void **state)
{
    (void)state;
    int64_t before = hufu_clock_ms();
    assert_true(before > 0);
    assert_true(hufu_clock_ms() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_hands_over),
        cmocka_unit_test(close_forgets_the_descriptor),
        cmocka_unit_test(closes_at_the_end_of_its_scope),
        cmocka_unit_test(clock_goes_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
