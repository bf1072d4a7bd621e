#include "home.h"

#include "base/file.h"
#include "bytes.h"
#include "trust/policy_certificate.h"

#include <errno.h>

#define SNAP    "snap/firefox/common"
#define FLATPAK ".var/app/org.mozilla.firefox"

static bool is_there(const char *name)
{
    return access(home_path(name), F_OK) == 0;
}

static void make(const char *name)
{
    assert_int_equal(hufu_folder_make(home_path(name), 0700), 0);
}

static void is_placed_for_every_firefox_and_taken_back(void **state)
{
    (void)state;
    make(SNAP);
    make(FLATPAK);
    assert_int_equal(hufu_policy_place_certificate(BYTES("old")), 0);
    assert_int_equal(hufu_policy_place_certificate(BYTES("leaf")), 0);
    assert_int_equal(hufu_policy_place_certificate(BYTES("leaf")), 0);
    static const char *const files[] = {".mozilla/certificates/hufu.pem",
                                        SNAP "/.mozilla/certificates/hufu.pem",
                                        FLATPAK "/.mozilla/certificates/hufu.pem"};
    for (size_t i = 0; i < COUNT(files); i++) {
        HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10};
        assert_int_equal(hufu_file_read(home_path(files[i]), &text), 0);
        assert_string_equal(hufu_buf_text(&text), "leaf");
    }
    hufu_policy_take_certificate();
    assert_false(is_there(".mozilla"));
    assert_false(is_there(SNAP "/.mozilla"));
    assert_false(is_there(FLATPAK "/.mozilla"));
    hufu_policy_take_certificate();
}

static void makes_no_home_for_a_firefox_that_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(hufu_policy_place_certificate(BYTES("leaf")), 0);
    assert_false(is_there("snap"));
    assert_false(is_there(".var"));
}

static void leaves_what_others_put_there(void **state)
{
    (void)state;
    make(".mozilla/certificates");
    assert_int_equal(
        hufu_file_write(home_path(".mozilla/certificates/other.pem"), 0600, BYTES("x")), 0);
    assert_int_equal(hufu_policy_place_certificate(BYTES("leaf")), 0);
    hufu_policy_take_certificate();
    assert_true(is_there(".mozilla/certificates/other.pem"));
    assert_false(is_there(".mozilla/certificates/hufu.pem"));
}

static void follows_no_link_out_of_the_home(void **state)
{
    (void)state;
    char outside[] = "/tmp/hufu-outside-XXXXXX";
    char file[PATH_MAX];
    assert_non_null(mkdtemp(outside));
    assert_int_equal(symlink(outside, home_path(".mozilla")), 0);
    assert_int_equal(hufu_policy_place_certificate(BYTES("leaf")), 0);
    snprintf(file, sizeof file, "%s/certificates", outside);
    assert_int_equal(access(file, F_OK), -1);
    assert_int_equal(rmdir(outside), 0);
}

static void says_what_is_in_the_way(void **state)
{
    (void)state;
    make(".mozilla/certificates/hufu.pem");
    assert_int_equal(hufu_policy_place_certificate(BYTES("leaf")), EISDIR);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(hufu_policy_place_certificate(BYTES("leaf")), ENOENT);
    hufu_policy_take_certificate();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_placed_for_every_firefox_and_taken_back),
        TEST(makes_no_home_for_a_firefox_that_is_not_there),
        TEST(leaves_what_others_put_there),
        TEST(follows_no_link_out_of_the_home),
        TEST(says_what_is_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
