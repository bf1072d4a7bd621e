#include "home.h"

#include "base/file.h"
#include "bytes.h"
#include "trust/policy_certificate.h"
#include "trust/record.h"

#define SNAP    "snap/firefox/common"
#define FLATPAK ".var/app/org.mozilla.firefox"

static const struct hufu_bytes leaves[] = {{(const uint8_t *)"leaf", 4},
                                           {(const uint8_t *)"next", 4}};

static int record_setup(void **state)
{
    return home_setup(state) || hufu_record_make_home(NULL) != HUFU_OK;
}

static bool is_there(const char *name)
{
    return access(home_path(name), F_OK) == 0;
}

static void make(const char *name)
{
    assert_int_equal(hufu_folder_make(home_path(name), 0700), 0);
}

static enum hufu_status place(size_t count)
{
    return hufu_policy_place_certificates(leaves, count, NULL);
}

/* As `hufu trust remove` does it. */
static void take(void)
{
    struct hufu_record record = {0};
    hufu_policy_take_certificates();
    assert_int_equal(hufu_record_read(&record, NULL), HUFU_OK);
    assert_int_equal(hufu_record_forget(&record, true, NULL), HUFU_OK);
    hufu_record_done(&record);
}

static void holds(const char *name, const char *content)
{
    HUFU_AUTO(hufu_buf_done) struct hufu_buf text = {.max = 10};
    assert_int_equal(hufu_file_read(home_path(name), &text), 0);
    assert_string_equal(hufu_buf_text(&text), content);
}

static void are_placed_for_every_firefox_and_taken_back(void **state)
{
    (void)state;
    make(SNAP);
    make(FLATPAK);
    assert_int_equal(place(1), HUFU_OK);
    holds(".mozilla/certificates/hufu-next.der", "leaf"); /* Firefox complains of a missing one */
    assert_int_equal(place(2), HUFU_OK);
    assert_int_equal(place(2), HUFU_OK);
    holds(".mozilla/certificates/hufu.der", "leaf");
    holds(".mozilla/certificates/hufu-next.der", "next");
    holds(SNAP "/.mozilla/certificates/hufu.der", "leaf");
    holds(FLATPAK "/.mozilla/certificates/hufu-next.der", "next");
    take();
    assert_false(is_there(".mozilla"));
    assert_false(is_there(SNAP "/.mozilla"));
    assert_true(is_there(FLATPAK));
    assert_false(is_there(FLATPAK "/.mozilla"));
}

static void make_no_home_for_a_firefox_that_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(place(1), HUFU_OK);
    assert_false(is_there("snap"));
    assert_false(is_there(".var"));
}

static void leave_what_others_put_there(void **state)
{
    (void)state;
    make(".mozilla");
    assert_int_equal(place(1), HUFU_OK);
    take();
    assert_true(is_there(".mozilla")); /* it was there before */
    assert_false(is_there(".mozilla/certificates"));
    assert_int_equal(hufu_record_make_home(NULL), HUFU_OK);
    assert_int_equal(place(1), HUFU_OK);
    assert_int_equal(
        hufu_file_write(home_path(".mozilla/certificates/other.der"), 0600, BYTES("x")), 0);
    take();
    assert_true(is_there(".mozilla/certificates/other.der"));
    assert_false(is_there(".mozilla/certificates/hufu.der"));
}

static void follow_no_link_out_of_the_home(void **state)
{
    (void)state;
    char outside[] = "/tmp/hufu-outside-XXXXXX";
    assert_non_null(mkdtemp(outside));
    assert_int_equal(symlink(outside, home_path(".mozilla")), 0);
    assert_int_equal(place(1), HUFU_OK);
    assert_int_equal(rmdir(outside), 0); /* nothing is in it */
}

static void say_what_is_in_the_way(void **state)
{
    (void)state;
    make(".mozilla/certificates/hufu.der");
    assert_int_equal(place(1), HUFU_E_STORE);
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(place(1), HUFU_E_STORE);
    hufu_policy_take_certificates();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, record_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(are_placed_for_every_firefox_and_taken_back),
        TEST(make_no_home_for_a_firefox_that_is_not_there),
        TEST(leave_what_others_put_there),
        TEST(follow_no_link_out_of_the_home),
        TEST(say_what_is_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
