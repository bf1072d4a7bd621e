#include "home.h"

#include "base/file.h"
#include "bytes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static size_t entries_of_home(void)
{
    size_t count = 0;
    DIR *folder = opendir(home);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* . and .. */
}

static void write_text(const char *name, const char *text)
{
    assert_int_equal(hufu_file_write(home_path(name), 0600, bytes_of_text(text)), 0);
}

static void reads_what_was_written(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *text = repeat('x', 10000); /* more than one step */
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 20000};
    write_text("file", text);
    hufu_buf_add_text(&buf, "before ");
    assert_int_equal(hufu_file_read(home_path("file"), &buf), 0);
    assert_int_equal(buf.len, 7 + 10000);
    assert_string_equal(hufu_buf_text(&buf) + 7, text);
}

static void reads_up_to_the_maximum(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf exact = {.max = 4};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf small = {.max = 3};
    write_text("file", "1234");
    assert_int_equal(hufu_file_read(home_path("file"), &exact), 0);
    assert_int_equal(hufu_file_read(home_path("file"), &small), EFBIG);
}

static void reads_regular_files_only(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 100};
    assert_int_equal(mkfifo(home_path("fifo"), 0600), 0);
    assert_int_equal(hufu_file_read(home_path("fifo"), &buf), EINVAL); /* and does not wait */
    assert_int_equal(hufu_file_read(home, &buf), EINVAL);
    assert_int_equal(hufu_file_read("/dev/zero", &buf), EINVAL);
    assert_int_equal(hufu_file_read(home_path("missing"), &buf), ENOENT);
    assert_int_equal(buf.len, 0);
}

static void writes_with_the_mode_asked_for(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0644, 0666};
    mode_t before = umask(077);
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct stat info;
        assert_int_equal(hufu_file_write(home_path("file"), modes[i], BYTES("x")), 0);
        assert_int_equal(lstat(home_path("file"), &info), 0);
        assert_int_equal(info.st_mode & 07777, modes[i]);
    }
    umask(before);
}

static void replaces_in_one_step(void **state)
{
    (void)state;
    char text[4] = "";
    write_text("file", "old");
    HUFU_AUTO(hufu_close) int old = open(home_path("file"), O_RDONLY | O_CLOEXEC);
    write_text("file", "new");
    assert_int_equal(read(old, text, sizeof text), 3); /* a reader keeps what it opened */
    assert_string_equal(text, "old");
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 100};
    assert_int_equal(hufu_file_read(home_path("file"), &buf), 0);
    assert_string_equal(hufu_buf_text(&buf), "new");
    assert_int_equal(entries_of_home(), 1);
}

static void writes_nothing(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(hufu_file_write(home_path("file"), 0600, hufu_bytes_of(NULL, 0)), 0);
    assert_int_equal(stat(home_path("file"), &info), 0);
    assert_int_equal(info.st_size, 0);
}

static void replaces_a_link_and_not_its_target(void **state)
{
    (void)state;
    struct stat info;
    write_text("target", "untouched");
    assert_int_equal(symlink("target", home_path("link")), 0);
    write_text("link", "new");
    assert_int_equal(lstat(home_path("link"), &info), 0);
    assert_true(S_ISREG(info.st_mode));
    HUFU_AUTO(hufu_buf_done) struct hufu_buf buf = {.max = 100};
    assert_int_equal(hufu_file_read(home_path("target"), &buf), 0);
    assert_string_equal(hufu_buf_text(&buf), "untouched");
}

static void leaves_nothing_behind_when_it_fails(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *name = repeat('n', PATH_MAX);
    assert_int_equal(mkdir(home_path("folder"), 0700), 0);
    assert_int_equal(hufu_file_write(home_path("folder"), 0600, BYTES("x")), EISDIR);
    assert_int_equal(hufu_file_write(home_path("no/such/folder"), 0600, BYTES("x")), ENOENT);
    assert_int_equal(hufu_file_write(name, 0600, BYTES("x")), ENAMETOOLONG);
    assert_int_equal(entries_of_home(), 1);
}

static void makes_folders_above(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(hufu_folder_make(home_path("a/b/c"), 0700), 0);
    assert_int_equal(stat(home_path("a/b/c"), &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(chmod(home_path("a/b/c"), 0755), 0);
    assert_int_equal(hufu_folder_make(home_path("a/b/c"), 0700), 0);
    assert_int_equal(stat(home_path("a/b/c"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0755); /* as it was */
}

static void makes_no_folder_in_a_file(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_free) char *name = repeat('/', PATH_MAX);
    write_text("file", "");
    assert_int_equal(hufu_folder_make(home_path("file/below"), 0700), ENOTDIR);
    assert_int_equal(hufu_folder_make("", 0700), ENAMETOOLONG);
    assert_int_equal(hufu_folder_make(name, 0700), ENAMETOOLONG);
}

static bool is_guarded_as(const char *name, mode_t mode)
{
    assert_int_equal(chmod(home_path(name), mode), 0);
    bool guarded = hufu_file_is_guarded(home_path("folder/file"));
    assert_int_equal(chmod(home_path(name), 0700), 0);
    return guarded;
}

static void knows_what_others_can_write(void **state)
{
    (void)state;
    assert_int_equal(hufu_folder_make(home_path("folder"), 0700), 0);
    write_text("folder/file", "");
    assert_true(is_guarded_as("folder/file", 0755));
    assert_false(is_guarded_as("folder/file", 0757));
    assert_true(is_guarded_as("folder", 0755));
    assert_false(is_guarded_as("folder", 0757));
    assert_true(is_guarded_as("folder", 01777)); /* as /tmp is */
    assert_true(hufu_file_is_guarded("/bin/sh"));
    assert_false(hufu_file_is_guarded(home_path("missing")));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_was_written),
        TEST(reads_up_to_the_maximum),
        TEST(reads_regular_files_only),
        TEST(writes_with_the_mode_asked_for),
        TEST(replaces_in_one_step),
        TEST(writes_nothing),
        TEST(replaces_a_link_and_not_its_target),
        TEST(leaves_nothing_behind_when_it_fails),
        TEST(makes_folders_above),
        TEST(makes_no_folder_in_a_file),
        TEST(knows_what_others_can_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
