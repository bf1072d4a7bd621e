#include "home.h"

#include "base/file.h"
#include "base/process.h"
#include "wire/pages.h"

#include <string.h>

static const char state_folder[] = ".local/state/hufu";

static void write_file(const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", state_folder, name);
    assert_int_equal(hufu_folder_make(home_path(state_folder), 0700), 0);
    assert_int_equal(hufu_file_write(home_path(path), 0600, hufu_bytes_of(text, strlen(text))), 0);
}

static struct hufu_page own_page(uint16_t port)
{
    struct hufu_process process;
    assert_true(hufu_process_look(getpid(), &process));
    return (struct hufu_page){.port = port, .pid = process.pid, .started = process.started};
}

static void tells_a_page_while_its_process_lives(void **state)
{
    struct hufu_pages pages;
    struct hufu_page page = own_page(43210);
    (void)state;
    assert_int_equal(hufu_pages_add(&page), 0);
    hufu_pages_read(&pages);
    assert_int_equal(pages.count, 1);
    assert_int_equal(pages.items[0].port, 43210);
    assert_int_equal(pages.items[0].pid, getpid());
    assert_int_equal(pages.items[0].started, page.started);
    assert_int_equal(hufu_pages_remove(&page), 0);
    hufu_pages_read(&pages);
    assert_int_equal(pages.count, 0);
}

static void takes_out_rows_of_processes_that_ended(void **state)
{
    struct hufu_pages pages;
    struct hufu_page page = own_page(43210);
    struct hufu_process parent;
    char rows[128];
    (void)state;
    assert_true(hufu_process_look(getppid(), &parent));
    snprintf(rows, sizeof rows, "1111 %d %llu\n2222 %d 1\n3333 2147483647 5\n", parent.pid,
             (unsigned long long)parent.started, parent.pid);
    write_file("pages", rows);
    assert_int_equal(hufu_pages_add(&page), 0);
    hufu_pages_read(&pages);
    assert_int_equal(pages.count, 2);
    assert_int_equal(pages.items[0].port, 1111);
    assert_int_equal(pages.items[1].port, 43210);
}

static void passes_by_what_is_no_page(void **state)
{
    struct hufu_pages pages;
    (void)state;
    write_file("pages", "0 5 9\n65536 5 9\n80 0 9\n80 5\n80 5 9 \n80 5 9 1\n-80 5 9\n"
                        "https://evil.example 5 9\n80  5 9\n 80 5 9\n+80 5 9\n81 6 10\n82 7 11");
    hufu_pages_read(&pages);
    assert_int_equal(pages.count, 1);
    assert_int_equal(pages.items[0].port, 81);
}

static void takes_no_page_too_many(void **state)
{
    struct hufu_pages pages;
    (void)state;
    write_file("pages", "1 1 1\n2 1 1\n3 1 1\n4 1 1\n5 1 1\n6 1 1\n7 1 1\n8 1 1\n9 1 1\n");
    hufu_pages_read(&pages);
    assert_int_equal(pages.count, HUFU_PAGES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_a_page_while_its_process_lives, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(takes_out_rows_of_processes_that_ended, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(passes_by_what_is_no_page, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(takes_no_page_too_many, home_setup, home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
