#include "system_folder.h"

#include "wire/ini.h"

#include <errno.h>

/* Writes "section|name|value;" for each row, and refuses the name "bad". */
static bool collect(void *context, const char *section, const char *name, const char *value)
{
    hufu_buf_printf(context, "%s|%s|%s;", section, name, value);
    return strcmp(name, "bad") != 0;
}

static enum hufu_status read_text(const char *text, struct hufu_buf *ret_rows,
                                  struct hufu_error *err)
{
    write_text("file.ini", text);
    hufu_buf_clear(ret_rows);
    return hufu_ini_read(home_path("file.ini"), collect, ret_rows, err);
}

struct row {
    const char *text;
    const char *rows;
};

static const struct row rows[] = {
    {"", ""},
    {"# comment\n; comment\n\n", ""},
    {"[a]\nx = 1\ny=2", "a|x|1;a|y|2;"},
    {"[a]\r\nx = 1\r\n", "a|x|1;"},
    {"[a]\nx = 1\nx = 2\n[b]\nx =\n", "a|x|1;a|x|2;b|x|;"},
    {"[product gpki]\nports = 1 2 3\n", "product gpki|ports|1 2 3;"},
    {"[sites]\nallow = https://a.tw:444\n", "sites|allow|https://a.tw:444;"},
    {"\xef\xbb\xbf[a]\nx = 1\n", "a|x|1;"},
};

static void reads_rows_in_order(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(read_text(rows[i].text, &read, NULL), HUFU_OK);
        assert_string_equal(hufu_buf_text(&read), rows[i].rows);
    }
}

struct problem {
    const char *text;
    const char *where;
};

static const struct problem problems[] = {
    {"[a]\nx = 1\nno value\n", "file.ini: line 3"},
    {"[a\nx = 1\n", "file.ini: line 1"},
    {"[a]\nx = 1\n\nbad = 2\n", "file.ini: line 4"},
};

static void names_the_broken_line(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    for (size_t i = 0; i < COUNT(problems); i++) {
        struct hufu_error err = {0};
        assert_int_equal(read_text(problems[i].text, &read, &err), HUFU_E_GENERAL);
        assert_non_null(strstr(err.detail, problems[i].where));
    }
}

/* A file of "[section]" and "name = value" whose parts are that long. */
static enum hufu_status read_lengths(size_t section, size_t name, size_t line)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    HUFU_AUTO(hufu_free) char *letters = repeat('n', 200);
    hufu_buf_printf(&text, "[%.*s]\n", (int)section, letters);
    hufu_buf_printf(&text, "%.*s = ", (int)name, letters);
    hufu_buf_printf(&text, "%.*s\n", (int)(line - name - 3), letters);
    return read_text(hufu_buf_text(&text), &read, NULL);
}

static void refuses_what_the_library_would_cut(void **state)
{
    (void)state;
    assert_int_equal(read_lengths(48, 1, 10), HUFU_OK);
    assert_int_equal(read_lengths(49, 1, 10), HUFU_E_GENERAL);
    assert_int_equal(read_lengths(60, 1, 70), HUFU_E_GENERAL);
    assert_int_equal(read_lengths(1, 48, 60), HUFU_OK);
    assert_int_equal(read_lengths(1, 49, 60), HUFU_E_GENERAL);
    assert_int_equal(read_lengths(1, 60, 70), HUFU_E_GENERAL);
    assert_int_equal(read_lengths(1, 1, 190), HUFU_OK);
    assert_int_equal(read_lengths(1, 1, 191), HUFU_E_GENERAL);
}

static void names_the_long_line(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 1000};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    HUFU_AUTO(hufu_free) char *letters = repeat('n', 191);
    struct hufu_error err = {0};
    hufu_buf_printf(&text, "[a]\nx = 1\n%s\n", letters);
    assert_int_equal(read_text(hufu_buf_text(&text), &read, &err), HUFU_E_GENERAL);
    assert_non_null(strstr(err.detail, "line 3"));
}

/* Half of a list of sites would be a guess. */
static void refuses_a_nul(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    write_file("file.ini", BYTES("[a]\nx = 1\n\0y = 2\n"));
    assert_int_equal(hufu_ini_read(home_path("file.ini"), collect, &read, NULL), HUFU_E_GENERAL);
}

static void takes_256_kib(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    HUFU_AUTO(hufu_free) char *text = repeat('\n', 256 * 1024 + 1);
    struct hufu_error err = {0};
    assert_int_equal(read_text(text + 1, &read, NULL), HUFU_OK);
    assert_int_equal(read_text(text, &read, &err), HUFU_E_GENERAL);
    assert_int_equal(err.foreign, EFBIG);
}

static void a_missing_file_is_empty(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    struct hufu_error err = {0};
    assert_int_equal(hufu_ini_read(home_path("none.ini"), collect, &read, NULL), HUFU_OK);
    assert_int_equal(hufu_ini_read_folder(home_path("none"), collect, &read, NULL), HUFU_OK);
    assert_int_equal(read.len, 0);
    assert_int_equal(hufu_ini_read(home, collect, &read, &err), HUFU_E_GENERAL); /* a folder */
    assert_int_equal(err.origin, HUFU_ORIGIN_ERRNO);
}

static void reads_a_folder_by_name(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    write_text("d/20-b.ini", "[s]\nx = 2\n");
    write_text("d/10-z.ini", "[s]\nx = 1\n");
    write_text("d/30-a.ini", "[s]\nx = 3\n");
    write_text("d/.hidden.ini", "[s]\nx = 4\n");
    write_text("d/x.ini~", "[s]\nx = 5\n");
    write_text("d/x.conf", "[s]\nx = 6\n");
    assert_int_equal(hufu_ini_read_folder(home_path("d"), collect, &read, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&read), "s|x|1;s|x|2;s|x|3;");
}

static void a_broken_file_stops_no_other(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    struct hufu_error err = {0};
    write_text("d/1.ini", "[s]\nx = 1\n");
    write_text("d/2.ini", "nonsense\n");
    write_text("d/3.ini", "[s]\nx = 3\n");
    assert_int_equal(hufu_ini_read_folder(home_path("d"), collect, &read, &err), HUFU_E_GENERAL);
    assert_string_equal(hufu_buf_text(&read), "s|x|1;s|x|3;");
    assert_non_null(strstr(err.detail, "2.ini: line 1"));
}

static void the_user_comes_after_the_administrator(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf read = {.max = 1000};
    assert_int_equal(hufu_ini_read_config(collect, &read, NULL), HUFU_OK);
    assert_int_equal(read.len, 0);
    write_text(".config/hufu/hufu.ini", "[s]\nx = user\n");
    write_text("etc/hufu.ini", "[s]\nx = administrator\n");
    assert_int_equal(hufu_ini_read_config(collect, &read, NULL), HUFU_OK);
    assert_string_equal(hufu_buf_text(&read), "s|x|administrator;s|x|user;");
    write_text("etc/hufu.ini", "nonsense\n");
    assert_int_equal(hufu_ini_read_config(collect, &read, NULL), HUFU_E_GENERAL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_rows_in_order),
        TEST(names_the_broken_line),
        TEST(refuses_what_the_library_would_cut),
        TEST(names_the_long_line),
        TEST(refuses_a_nul),
        TEST(takes_256_kib),
        TEST(a_missing_file_is_empty),
        TEST(reads_a_folder_by_name),
        TEST(a_broken_file_stops_no_other),
        TEST(the_user_comes_after_the_administrator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
