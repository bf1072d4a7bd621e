#include "home.h"

#include "base/file.h"
#include "open/files.h"

#include <string.h>

static void write_file(const char *name, const char *text)
{
    assert_int_equal(hufu_file_write(home_path(name), 0600, hufu_bytes_of(text, strlen(text))), 0);
}

static void make_pages(void)
{
    static const char *const folders[] = {"status", "demo", "import/en-US", "import/zh-TW"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        assert_int_equal(hufu_folder_make(home_path(folders[i]), 0700), 0);
    write_file("status/index.html", "page");
    write_file("status/status.css", "style");
    write_file("status/.status.css.swp", "left behind");
    write_file("status/notes.txt", "not served");
    write_file("demo/client.js", "client");
    write_file("demo/demo.js", "not served");
    write_file("import/index.html", "guide");
    write_file("import/zh-TW/one.png", "picture");
}

static void has_what_the_page_consists_of(void **state)
{
    struct hufu_open_files *files = NULL;
    (void)state;
    make_pages();
    assert_int_equal(hufu_files_load(home, &files, NULL), HUFU_OK);
    assert_int_equal(files->count, 5);
    assert_string_equal(hufu_buf_text(&hufu_files_find(files, "/")->content), "page");
    assert_string_equal(hufu_files_find(files, "/")->type, "text/html; charset=utf-8");
    assert_string_equal(hufu_buf_text(&hufu_files_find(files, "/client.js")->content), "client");
    assert_string_equal(hufu_buf_text(&hufu_files_find(files, "/import/")->content), "guide");
    assert_string_equal(hufu_files_find(files, "/import/zh-TW/one.png")->type, "image/png");
    hufu_files_free(files);
}

static void has_nothing_else(void **state)
{
    static const char *const targets[] = {
        "",           "/index.html", "/notes.txt", "/demo.js",        "/.status.css.swp",
        "status.css", "/import",     "/import/..", "/demo/client.js", "/status/status.css"};
    struct hufu_open_files *files = NULL;
    (void)state;
    make_pages();
    assert_int_equal(hufu_files_load(home, &files, NULL), HUFU_OK);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        assert_null(hufu_files_find(files, targets[i]));
    hufu_files_free(files);
}

static void says_which_folder_is_missing(void **state)
{
    struct hufu_open_files *files = NULL;
    struct hufu_error err = {0};
    (void)state;
    assert_int_equal(hufu_files_load(home, &files, &err), HUFU_E_GENERAL);
    assert_non_null(strstr(err.detail, "/status"));
    assert_null(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(has_what_the_page_consists_of, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(has_nothing_else, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(says_which_folder_is_missing, home_setup, home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
