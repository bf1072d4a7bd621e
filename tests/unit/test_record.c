#include "home.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "trust/lock.h"
#include "trust/record.h"

#include <string.h>
#include <sys/wait.h>

static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const char other[] = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static bool is_there(const char *name)
{
    struct stat info;
    return lstat(home_path(name), &info) == 0;
}

static void write_text(const char *name, const char *text)
{
    assert_int_equal(hufu_file_write(home_path(name), 0600, hufu_bytes_of(text, strlen(text))), 0);
}

static struct hufu_record read_record(void)
{
    struct hufu_record record = {0};
    assert_int_equal(hufu_record_read(&record, NULL), HUFU_OK);
    return record;
}

static void make_database(const char *folder)
{
    assert_int_equal(hufu_record_make(home_path(folder), "cert9.db", NULL), HUFU_OK);
}

static void forget(bool all)
{
    HUFU_AUTO(hufu_record_done) struct hufu_record record = read_record();
    assert_int_equal(hufu_record_forget(&record, all, NULL), HUFU_OK);
}

static void nothing_is_an_empty_record(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_record_done) struct hufu_record record = read_record();
    assert_string_equal(hufu_buf_text(&record.given), "");
    assert_false(hufu_record_has_made(&record, home));
    assert_false(is_there(".local"));
    forget(true);
}

static void certificates_are_kept_once(void **state)
{
    (void)state;
    assert_int_equal(hufu_record_make_home(NULL), HUFU_OK);
    for (int i = 0; i < 2; i++) {
        HUFU_AUTO(hufu_record_done) struct hufu_record record = read_record();
        assert_int_equal(hufu_record_given(&record, digest, NULL), HUFU_OK);
    }
    HUFU_AUTO(hufu_record_done) struct hufu_record record = read_record();
    assert_int_equal(record.given.len, strlen(digest) + 1);
    assert_int_equal(hufu_record_given(&record, other, NULL), HUFU_OK);
    HUFU_AUTO(hufu_record_done) struct hufu_record both = read_record();
    assert_non_null(strstr(hufu_buf_text(&both.given), digest));
    assert_non_null(strstr(hufu_buf_text(&both.given), other));
}

static void a_line_that_was_cut_short_spoils_no_other(void **state)
{
    (void)state;
    assert_int_equal(hufu_record_make_home(NULL), HUFU_OK);
    write_text(".local/share/hufu/tls/installed", "0011");
    write_text(".local/share/hufu/tls/made", "/x");
    HUFU_AUTO(hufu_record_done) struct hufu_record cut = read_record();
    assert_int_equal(hufu_record_given(&cut, digest, NULL), HUFU_OK);
    make_database("db");
    HUFU_AUTO(hufu_record_done) struct hufu_record record = read_record();
    assert_non_null(strstr(hufu_buf_text(&record.given), digest));
    assert_true(hufu_record_has_made(&record, home_path("db/cert9.db")));
    assert_true(hufu_record_has_made(&record, home_path("db")));
}

static void a_path_is_whole(void **state)
{
    (void)state;
    assert_int_equal(hufu_record_make_home(NULL), HUFU_OK);
    make_database("a\nb/c");
    HUFU_AUTO(hufu_record_done) struct hufu_record record = read_record();
    assert_true(hufu_record_has_made(&record, home_path("a\nb")));
    assert_true(hufu_record_has_made(&record, home_path("a\nb/c/cert9.db")));
    assert_false(hufu_record_has_made(&record, home_path("a\nb/c/cert9")));
    assert_false(hufu_record_has_made(&record, "cert9.db"));
    assert_false(hufu_record_has_made(&record, home)); /* it was there before */
}

static void folders_of_hufu_go_and_no_others(void **state)
{
    (void)state;
    assert_int_equal(hufu_folder_make(home_path("theirs/empty"), 0700), 0);
    assert_int_equal(hufu_record_make_home(NULL), HUFU_OK);
    make_database("theirs/new/nssdb");
    make_database("ours/one/nssdb");
    make_database("ours/two/nssdb");
    make_database("used/nssdb");
    write_text("used/note", "of somebody");
    write_text(".local/share/hufu/tls/leaf.pem", "");
    write_text(".local/share/hufu/tls/leaf.key.a1b2c3", "");
    forget(true);
    assert_true(is_there("theirs/empty"));
    assert_false(is_there("theirs/new"));
    assert_false(is_there("ours"));
    assert_true(is_there("used/note"));
    assert_false(is_there("used/nssdb"));
    assert_false(is_there(".local"));
}

static void without_all_only_leaves_go(void **state)
{
    (void)state;
    assert_int_equal(hufu_record_make_home(NULL), HUFU_OK);
    make_database("ours");
    write_text(".local/share/hufu/tls/leaf.pem", "");
    write_text(".local/share/hufu/tls/next.key", "");
    write_text(".local/share/hufu/tls/note", "of somebody");
    forget(false);
    assert_false(is_there(".local/share/hufu/tls/leaf.pem"));
    assert_false(is_there(".local/share/hufu/tls/next.key"));
    assert_true(is_there(".local/share/hufu/tls/made"));
    assert_true(is_there("ours"));
    forget(true);
    assert_false(is_there("ours"));
    assert_false(is_there(".local/share/hufu/tls/made"));
    assert_true(is_there(".local/share/hufu/tls/note"));
}

static void a_record_that_is_too_long_is_an_error(void **state)
{
    (void)state;
    struct hufu_record record = {0};
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 128 * 1024};
    assert_int_equal(hufu_record_make_home(NULL), HUFU_OK);
    while (text.len < 64 * 1024)
        hufu_buf_add_text(&text, "0");
    write_text(".local/share/hufu/tls/installed", hufu_buf_text(&text));
    assert_int_equal(hufu_record_read(&record, NULL), HUFU_OK);
    hufu_record_done(&record);
    hufu_buf_add_text(&text, "0");
    write_text(".local/share/hufu/tls/installed", hufu_buf_text(&text));
    assert_int_equal(hufu_record_read(&record, NULL), HUFU_E_STORE);
}

static void root_makes_nothing_in_a_home_of_another(void **state)
{
    (void)state;
    if (geteuid() != 0)
        SKIP("root, who can give a folder away");
    assert_int_equal(chown(home, 65534, 65534), 0);
    assert_int_equal(hufu_record_make_home(NULL), HUFU_E_LEAF);
    assert_false(is_there(".local"));
}

/* --- the lock --- */

static void without_a_folder_there_is_no_lock(void **state)
{
    (void)state;
    int lock = 0;
    assert_int_equal(hufu_trust_lock(false, &lock, NULL), HUFU_OK);
    assert_int_equal(lock, -1);
    assert_false(is_there(".local"));
}

/* The one before removes the folder that this one waits for. */
static void a_folder_that_is_taken_away_is_made_again(void **state)
{
    (void)state;
    HUFU_AUTO(hufu_close) int lock = -1;
    assert_int_equal(hufu_trust_lock(true, &lock, NULL), HUFU_OK);
    pid_t child = fork();
    if (child == 0) {
        int second = -1;
        hufu_close(&lock); /* else the child would hold what it waits for */
        _exit(hufu_trust_lock(true, &second, NULL) == HUFU_OK && is_there(".local/share/hufu/tls")
                  ? 0
                  : 1);
    }
    usleep(50 * 1000); /* most likely it waits by now; either way it must succeed */
    forget(true);
    hufu_close(&lock);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(is_there(".local/share/hufu/tls"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_an_empty_record),
        TEST(certificates_are_kept_once),
        TEST(a_line_that_was_cut_short_spoils_no_other),
        TEST(a_path_is_whole),
        TEST(folders_of_hufu_go_and_no_others),
        TEST(without_all_only_leaves_go),
        TEST(a_record_that_is_too_long_is_an_error),
        TEST(root_makes_nothing_in_a_home_of_another),
        TEST(without_a_folder_there_is_no_lock),
        TEST(a_folder_that_is_taken_away_is_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
