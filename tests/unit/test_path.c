#include "home.h"

#include "base/path.h"
#include "bytes.h"

static void joins_up_to_the_longest_path(void **state)
{
    (void)state;
    char path[PATH_MAX];
    HUFU_AUTO(hufu_free) char *name = repeat('n', PATH_MAX - 3); /* one too many */
    assert_false(hufu_path_join(path, "/a", name));
    assert_true(hufu_path_join(path, "/a", name + 1));
    assert_int_equal(strlen(path), PATH_MAX - 1);
    assert_true(hufu_path_join(path, "/folder", "name"));
    assert_string_equal(path, "/folder/name");
}

static void home_is_an_absolute_path(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_true(hufu_path_home(path));
    assert_string_equal(path, home);
    setenv("HOME", "relative", 1);
    assert_false(hufu_path_home(path));
    assert_false(hufu_path_config(path));
    setenv("HOME", "", 1);
    assert_false(hufu_path_home(path));
    unsetenv("HOME");
    assert_false(hufu_path_home(path));
    assert_false(hufu_path_data(path));
    assert_false(hufu_path_state(path));
}

static void home_may_be_too_long(void **state)
{
    (void)state;
    char path[PATH_MAX];
    HUFU_AUTO(hufu_free) char *longest = repeat('/', PATH_MAX - 1);
    HUFU_AUTO(hufu_free) char *longer = repeat('/', PATH_MAX);
    setenv("HOME", longest, 1);
    assert_true(hufu_path_home(path));
    assert_false(hufu_path_data(path));
    setenv("HOME", longer, 1);
    assert_false(hufu_path_home(path));
}

static void folders_are_below_home(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_true(hufu_path_config(path));
    assert_string_equal(path, home_path(".config/hufu"));
    assert_true(hufu_path_data(path));
    assert_string_equal(path, home_path(".local/share/hufu"));
    assert_true(hufu_path_state(path));
    assert_string_equal(path, home_path(".local/state/hufu"));
}

static void xdg_variables_win(void **state)
{
    (void)state;
    char path[PATH_MAX];
    setenv("XDG_CONFIG_HOME", "/elsewhere", 1);
    setenv("XDG_DATA_HOME", "relative/is/ignored", 1);
    assert_true(hufu_path_config(path));
    assert_string_equal(path, "/elsewhere/hufu");
    assert_true(hufu_path_data(path));
    assert_string_equal(path, home_path(".local/share/hufu"));
    setenv("XDG_STATE_HOME", "/elsewhere", 1);
    assert_true(hufu_path_state(path));
    assert_string_equal(path, "/elsewhere/hufu");
    assert_true(hufu_path_xdg(path, "XDG_CONFIG_HOME", "unused"));
    assert_string_equal(path, "/elsewhere");
}

static void beside_is_the_folder_of_the_program(void **state)
{
    (void)state;
    char path[PATH_MAX];
    assert_true(hufu_path_beside(path, "test_path"));
    assert_int_equal(path[0], '/');
    assert_int_equal(access(path, X_OK), 0);
}

static void the_system_folder_is_absolute(void **state)
{
    (void)state;
    assert_int_equal(hufu_path_system()[0], '/');
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(joins_up_to_the_longest_path),
        TEST(home_is_an_absolute_path),
        TEST(home_may_be_too_long),
        TEST(folders_are_below_home),
        TEST(xdg_variables_win),
        TEST(beside_is_the_folder_of_the_program),
        TEST(the_system_folder_is_absolute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
