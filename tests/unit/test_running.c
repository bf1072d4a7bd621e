#include "home.h"

#include "base/file.h"
#include "wire/running.h"

#include <string.h>

static const char state_folder[] = ".local/state/hufu";

static void write_file(const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", state_folder, name);
    assert_int_equal(hufu_folder_make(home_path(state_folder), 0700), 0);
    assert_int_equal(hufu_file_write(home_path(path), 0600, hufu_bytes_of(text, strlen(text))), 0);
}

static struct hufu_refusal refusal(pid_t pid, uint64_t started, char digit)
{
    struct hufu_refusal refusal = {.pid = pid, .started = started};
    memset(refusal.sha256, digit, sizeof refusal.sha256 - 1);
    return refusal;
}

static void tells_its_ports(void **state)
{
    struct hufu_ports ports = {.count = HUFU_PORTS_MAX};
    struct hufu_ports again;
    (void)state;
    hufu_ports_read(&again);
    assert_int_equal(again.count, 0);
    for (size_t i = 0; i < HUFU_PORTS_MAX; i++)
        ports.items[i] = (uint16_t)(UINT16_MAX - i);
    assert_int_equal(hufu_ports_write(&ports), 0);
    hufu_ports_read(&again);
    assert_int_equal(again.count, HUFU_PORTS_MAX);
    assert_memory_equal(again.items, ports.items, sizeof ports.items);
    hufu_ports_remove();
    hufu_ports_read(&again);
    assert_int_equal(again.count, 0);
}

static void passes_by_what_is_no_port(void **state)
{
    struct hufu_ports ports;
    (void)state;
    write_file("ports", "0\n65536\n-1\n 80\n80 \n8x\n\n99999999999999999999999\n65535\n1\n8080");
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, 2); /* the last line is not whole */
    assert_int_equal(ports.items[0], 65535);
    assert_int_equal(ports.items[1], 1);
}

static void takes_no_port_too_many(void **state)
{
    struct hufu_ports ports;
    char text[(HUFU_PORTS_MAX + 1) * 2 + 1];
    (void)state;
    for (size_t i = 0; i <= HUFU_PORTS_MAX; i++)
        snprintf(&text[2 * i], 3, "7\n");
    write_file("ports", text);
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, HUFU_PORTS_MAX);
}

static void reads_no_huge_file(void **state)
{
    struct hufu_ports ports;
    static char text[5000];
    (void)state;
    memset(text, '7', sizeof text - 1);
    text[1] = '\n';
    write_file("ports", text);
    hufu_ports_read(&ports);
    assert_int_equal(ports.count, 0);
}

static void tells_refusals(void **state)
{
    struct hufu_refusals refusals = {.count = 0};
    struct hufu_refusals again;
    (void)state;
    hufu_refusals_read(&again);
    assert_int_equal(again.count, 0);
    for (int i = 0; i < HUFU_REFUSED_MAX; i++) {
        struct hufu_refusal one = refusal(INT_MAX - i, UINT64_MAX - (uint64_t)i, 'a');
        assert_true(hufu_refusals_add(&refusals, &one));
        assert_false(hufu_refusals_add(&refusals, &one));
    }
    assert_int_equal(hufu_refusals_write(&refusals), 0);
    hufu_refusals_read(&again);
    assert_int_equal(again.count, HUFU_REFUSED_MAX);
    for (size_t i = 0; i < again.count; i++) {
        assert_int_equal(again.items[i].pid, refusals.items[i].pid);
        assert_true(again.items[i].started == refusals.items[i].started);
        assert_string_equal(again.items[i].sha256, refusals.items[i].sha256);
    }
}

static void forgets_the_oldest(void **state)
{
    struct hufu_refusals refusals = {.count = 0};
    (void)state;
    for (int i = 1; i <= HUFU_REFUSED_MAX + 1; i++) {
        struct hufu_refusal one = refusal(i, 1, '0');
        assert_true(hufu_refusals_add(&refusals, &one));
    }
    assert_int_equal(refusals.count, HUFU_REFUSED_MAX);
    assert_int_equal(refusals.items[0].pid, 2);
}

static void drops_all_of_a_process(void **state)
{
    struct hufu_refusals refusals = {.count = 0};
    const struct hufu_refusal some[] = {refusal(1, 1, 'a'), refusal(1, 1, 'b'), refusal(1, 2, 'a'),
                                        refusal(2, 1, 'a')};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_true(hufu_refusals_add(&refusals, &some[i]));
    assert_false(hufu_refusals_drop(&refusals, 3, 1));
    assert_true(hufu_refusals_drop(&refusals, 1, 1));
    assert_int_equal(refusals.count, 2);
    assert_true(refusals.items[0].started == 2);
    assert_int_equal(refusals.items[1].pid, 2);
}

#define HEX32 "0123456789abcdef0123456789abcdef"

static void passes_by_what_is_no_refusal(void **state)
{
    struct hufu_refusals refusals;
    (void)state;
    write_file("refusals", "7 9 " HEX32 HEX32 "\n"
                           "7 9\n0 9 " HEX32 HEX32 "\n-7 9 " HEX32 HEX32 "\n"
                           "8 9 " HEX32 HEX32 "0\n8 9 " HEX32 "\n8 9 " HEX32 HEX32 " x\n"
                           "8  9 " HEX32 HEX32 "\n2147483648 9 " HEX32 HEX32 "\n");
    hufu_refusals_read(&refusals);
    assert_int_equal(refusals.count, 1);
    assert_int_equal(refusals.items[0].pid, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_its_ports, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(passes_by_what_is_no_port, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(takes_no_port_too_many, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(reads_no_huge_file, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(tells_refusals, home_setup, home_teardown),
        cmocka_unit_test(forgets_the_oldest),
        cmocka_unit_test(drops_all_of_a_process),
        cmocka_unit_test_setup_teardown(passes_by_what_is_no_refusal, home_setup, home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
