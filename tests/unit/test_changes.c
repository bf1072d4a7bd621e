#include "unit.h"

#include "trust/changes_linux.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "home.h"

static void write_file(const char *name, const char *text)
{
    int fd = open(home_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void make_folder(const char *name)
{
    assert_int_equal(mkdir(home_path(name), 0700), 0);
}

static void watch(struct hufu_changes *changes, const char *name)
{
    hufu_changes_begin(changes);
    hufu_changes_add(changes, home_path(name));
    assert_false(changes->incomplete);
}

static uint64_t state_of(const char *name)
{
    struct hufu_changes changes;
    watch(&changes, name);
    uint64_t state = changes.state;
    hufu_changes_done(&changes);
    return state;
}

static void what_is_missing_is_awaited(void **state)
{
    (void)state;
    struct hufu_changes changes;
    watch(&changes, "a/b/c");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_IRRELEVANT);
    make_folder("other");
    write_file("aa", "");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_IRRELEVANT);
    make_folder("a");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    hufu_changes_done(&changes);
    watch(&changes, "a/b/c");
    make_folder("a/b");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    hufu_changes_done(&changes);
}

static void a_file_is_seen_when_it_changes(void **state)
{
    (void)state;
    struct hufu_changes changes;
    write_file("file", "1");
    uint64_t before = state_of("file");
    assert_true(state_of("file") == before);
    watch(&changes, "file");
    write_file("beside", "1");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_IRRELEVANT);
    write_file("file", "22");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    assert_true(state_of("file") != before);
    before = state_of("file");
    assert_int_equal(chmod(home_path("file"), 0400), 0);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    assert_true(state_of("file") != before);
    hufu_changes_done(&changes);
}

static void a_file_that_is_only_closed_is_told_apart(void **state)
{
    (void)state;
    struct hufu_changes changes;
    write_file("file", "1");
    watch(&changes, "file");
    int fd = open(home_path("file"), O_RDWR | O_CLOEXEC);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_IRRELEVANT);
    close(fd);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_CLOSED);
    fd = open(home_path("file"), O_RDONLY | O_CLOEXEC);
    close(fd);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_IRRELEVANT);
    hufu_changes_done(&changes);
}

static void what_goes_or_is_replaced_is_seen(void **state)
{
    (void)state;
    struct hufu_changes changes;
    char from[PATH_MAX];
    write_file("file", "1");
    write_file("next", "1");
    uint64_t before = state_of("file");
    watch(&changes, "file");
    snprintf(from, sizeof from, "%s", home_path("next"));
    assert_int_equal(rename(from, home_path("file")), 0);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    assert_true(state_of("file") != before);
    hufu_changes_done(&changes);
    watch(&changes, "file");
    assert_int_equal(unlink(home_path("file")), 0);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    hufu_changes_done(&changes);
}

static void a_folder_on_the_way_may_be_moved(void **state)
{
    (void)state;
    struct hufu_changes changes;
    char from[PATH_MAX];
    make_folder("a");
    make_folder("a/b");
    write_file("a/b/file", "1");
    watch(&changes, "a/b/file");
    snprintf(from, sizeof from, "%s", home_path("a"));
    assert_int_equal(rename(from, home_path("moved")), 0);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    hufu_changes_done(&changes);
}

static void a_folder_tells_what_appears_and_goes_in_it(void **state)
{
    (void)state;
    struct hufu_changes changes;
    make_folder("a");
    watch(&changes, "a");
    write_file("a/new", "");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    write_file("a/new", "more");
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_IRRELEVANT);
    assert_int_equal(unlink(home_path("a/new")), 0);
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    hufu_changes_done(&changes);
}

/* The kernel forgets events when nobody reads them; then everything may have changed. */
static void too_many_events_count_as_a_change(void **state)
{
    (void)state;
    struct hufu_changes changes;
    int queue = 0;
    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    assert_non_null(limit);
    assert_int_equal(fscanf(limit, "%d", &queue), 1);
    fclose(limit);
    watch(&changes, "missing");
    for (int i = 0; i <= queue; i++) { /* in turn, as the kernel joins equal ones */
        write_file(i % 2 ? "a" : "b", "");
        assert_int_equal(unlink(home_path(i % 2 ? "a" : "b")), 0);
    }
    assert_int_equal(hufu_changes_read(&changes), HUFU_CHANGES_SEEN);
    hufu_changes_done(&changes);
}

static void strange_paths_are_harmless(void **state)
{
    (void)state;
    struct hufu_changes changes;
    char from[PATH_MAX];
    char endless[2 * PATH_MAX];
    memset(endless, 'a', sizeof endless - 1);
    endless[0] = '/';
    endless[sizeof endless - 1] = 0;
    assert_int_equal(mkfifo(home_path("fifo"), 0600), 0);
    snprintf(from, sizeof from, "%s", home_path("loop"));
    assert_int_equal(symlink(from, from), 0);
    write_file("file", "");
    hufu_changes_begin(&changes);
    hufu_changes_add(&changes, endless);
    hufu_changes_add(&changes, "/");
    hufu_changes_add(&changes, home_path("fifo"));
    hufu_changes_add(&changes, home_path("loop/below"));
    hufu_changes_add(&changes, home_path("file/below"));
    hufu_changes_add(&changes, home_path("missing//double/"));
    assert_false(changes.incomplete);
    (void)hufu_changes_read(&changes);
    hufu_changes_done(&changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_missing_is_awaited, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(a_file_is_seen_when_it_changes, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_only_closed_is_told_apart, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(what_goes_or_is_replaced_is_seen, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(a_folder_on_the_way_may_be_moved, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(a_folder_tells_what_appears_and_goes_in_it, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(too_many_events_count_as_a_change, home_setup,
                                        home_teardown),
        cmocka_unit_test_setup_teardown(strange_paths_are_harmless, home_setup, home_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
