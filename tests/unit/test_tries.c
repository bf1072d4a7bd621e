#include "bytes.h"
#include "home.h"

#include "base/path.h"
#include "card/tries.h"

#include <dirent.h>

static const struct hufu_reader card = {
    .card_manufacturer = "HiCOS", .card_label = "../../etc/passwd", .card_serial = "TP1234"};
static const struct hufu_reader other = {
    .card_manufacturer = "HiCOS", .card_label = "../../etc/passwd", .card_serial = "TP1235"};

/* The only file that there is; fails when there are more. */
static const char *only_file(void)
{
    static char path[PATH_MAX];
    DIR *folder = opendir(home_path(".local/state/hufu/tries"));
    int count = 0;
    assert_non_null(folder);
    for (struct dirent *entry = NULL; (entry = readdir(folder));)
        if (entry->d_name[0] != '.') {
            assert_int_equal(strlen(entry->d_name), 64);
            assert_int_equal(strspn(entry->d_name, "0123456789abcdef"), 64);
            assert_true(hufu_path_join(path, home_path(".local/state/hufu/tries"), entry->d_name));
            count++;
        }
    closedir(folder);
    assert_int_equal(count, 1);
    return path;
}

static void counts_each_card_for_itself(void **state)
{
    (void)state;
    assert_int_equal(hufu_tries_wrong(&card), 0);
    hufu_tries_add(&card);
    hufu_tries_add(&card);
    assert_int_equal(hufu_tries_wrong(&card), 2);
    assert_int_equal(hufu_tries_wrong(&other), 0);
    hufu_tries_forget(&other);
    assert_int_equal(hufu_tries_wrong(&card), 2);
    hufu_tries_forget(&card);
    assert_int_equal(hufu_tries_wrong(&card), 0);
}

static void a_page_has_one_try(void **state)
{
    (void)state;
    assert_true(hufu_tries_claim(&card));
    assert_int_equal(hufu_tries_wrong(&card), 1); /* before anybody knows */
    assert_false(hufu_tries_claim(&card));
    assert_int_equal(hufu_tries_wrong(&card), 1);
    assert_true(hufu_tries_claim(&other));
    hufu_tries_forget(&card);
    assert_true(hufu_tries_claim(&card));
}

static void none_after_a_wrong_one_in_a_window(void **state)
{
    (void)state;
    hufu_tries_add(&card);
    assert_false(hufu_tries_claim(&card));
}

static void says_nothing_of_the_card(void **state)
{
    (void)state;
    struct stat info;
    char byte = 0;
    hufu_tries_add(&card);
    assert_int_equal(stat(only_file(), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(info.st_size, 1);
    FILE *file = fopen(only_file(), "r");
    assert_non_null(file);
    assert_int_equal(fread(&byte, 1, 1, file), 1);
    fclose(file);
    assert_int_equal(byte, 'w');
    assert_int_equal(stat(home_path(".local/state/hufu/tries"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
}

static void an_end_before_the_byte_counts(void **state)
{
    (void)state;
    hufu_tries_add(&card);
    assert_int_equal(truncate(only_file(), 0), 0);
    assert_int_equal(hufu_tries_wrong(&card), 1);
    assert_false(hufu_tries_claim(&card));
}

static void no_page_where_it_cannot_be_written(void **state)
{
    (void)state;
    assert_int_equal(setenv("XDG_STATE_HOME", "/dev/null", 1), 0);
    assert_false(hufu_tries_claim(&card));
    assert_int_equal(hufu_tries_wrong(&card), 0);
    hufu_tries_add(&card);
    hufu_tries_forget(&card);
    unsetenv("HOME");
    unsetenv("XDG_STATE_HOME");
    assert_false(hufu_tries_claim(&card));
}

static void follows_no_link(void **state)
{
    (void)state;
    char path[PATH_MAX];
    hufu_tries_add(&card);
    snprintf(path, sizeof path, "%s", only_file());
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(home_path("elsewhere"), path), 0);
    hufu_tries_add(&card);
    assert_false(hufu_tries_claim(&card));
    assert_int_equal(access(home_path("elsewhere"), F_OK), -1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_each_card_for_itself),
        TEST(a_page_has_one_try),
        TEST(none_after_a_wrong_one_in_a_window),
        TEST(says_nothing_of_the_card),
        TEST(an_end_before_the_byte_counts),
        TEST(no_page_where_it_cannot_be_written),
        TEST(follows_no_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
