#include "home.h"

#include "base/buf.h"
#include "base/file.h"
#include "wire/settings.h"

#include <string.h>

/* Writes the user's hufu.ini and reads it. */
static enum hufu_status read_with(const char *text, struct hufu_settings *settings)
{
    struct hufu_error err = {0};
    assert_int_equal(hufu_folder_make(home_path(".config/hufu"), 0700), 0);
    const struct hufu_bytes content = {.data = (const uint8_t *)text, .len = strlen(text)};
    assert_int_equal(hufu_file_write(home_path(".config/hufu/hufu.ini"), 0600, content), 0);
    return hufu_settings_read(settings, &err);
}

static void has_a_pinentry_without_hufu_ini(void **state)
{
    (void)state;
    struct hufu_settings settings;
    assert_int_equal(hufu_settings_read(&settings, NULL), HUFU_OK);
    assert_string_equal(settings.pinentry, HUFU_PINENTRY);
    assert_int_equal(settings.card_folder_count, 0);
    assert_false(settings.thunderbird);
}

static void reads_its_rows_among_those_of_others(void **state)
{
    (void)state;
    struct hufu_settings settings;
    assert_int_equal(read_with("[sites]\nallow = https://a.tw\nwhat = ever\n"
                               "[card]\nfolder = /opt/a b\ndeadline = 2\n"
                               "[pin]\nprogram = /usr/bin/pinentry-x\n"
                               "[card]\nfolder = /srv\n[log]\ndebug = yes\n"
                               "[trust]\nthunderbird = yes\n",
                               &settings),
                     HUFU_OK);
    assert_string_equal(settings.pinentry, "/usr/bin/pinentry-x");
    assert_true(settings.debug);
    assert_true(settings.thunderbird);
    assert_int_equal(settings.card_folder_count, 2);
    assert_string_equal(settings.card_folders[0], "/opt/a b");
    assert_string_equal(settings.card_folders[1], "/srv");
}

static void refuses_what_is_not_of_its_form(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "[pin]\nprogram = pinentry\n", "[pin]\nprogram =\n",        "[pin]\nunknown = /x\n",
        "[card]\nfolder = relative\n", "[card]\nfolder = ~/card\n", "[card]\nfolder =\n",
        "[log]\ndebug = on\n",         "[log]\nlevel = yes\n",      "[trust]\nthunderbird = on\n",
        "[trust]\nmail = yes\n",
    };
    struct hufu_settings settings;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (read_with(broken[i], &settings) == HUFU_OK)
            fail_msg("%s", broken[i]);
}

static void has_room_for_so_many_folders_and_no_more(void **state)
{
    (void)state;
    struct hufu_settings settings = {0};
    for (int i = 0; i < HUFU_CARD_FOLDERS_MAX; i++)
        assert_true(hufu_settings_row(&settings, "card", "folder", "/x"));
    assert_false(hufu_settings_row(&settings, "card", "folder", "/x"));
    assert_int_equal(settings.card_folder_count, HUFU_CARD_FOLDERS_MAX);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(has_a_pinentry_without_hufu_ini),
        TEST(reads_its_rows_among_those_of_others),
        TEST(refuses_what_is_not_of_its_form),
        TEST(has_room_for_so_many_folders_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
