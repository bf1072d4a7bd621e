#include "home.h"

#include "base/file.h"
#include "tray/choice.h"

#include <string.h>

static void write_file(const char *text)
{
    assert_int_equal(hufu_folder_make(home_path(".config/hufu"), 0700), 0);
    assert_int_equal(hufu_file_write(home_path(".config/hufu/tray.ini"), 0600,
                                     hufu_bytes_of(text, strlen(text))),
                     0);
}

static void is_kept(void **state)
{
    (void)state;
    assert_int_equal(hufu_choice_read(), HUFU_CHOICE_SYSTEM);
    for (int i = 0; i < HUFU_CHOICES; i++) {
        assert_int_equal(hufu_choice_write((enum hufu_tray_choice)i), 0);
        assert_int_equal(hufu_choice_read(), i);
    }
}

static void mistakes_are_the_system(void **state)
{
    static const char *const files[] = {
        "language = en\n",
        "[tray]\nlanguage = de\n",
        "[tray]\nlanguage = en\ncolour = red\n",
        "[window]\nlanguage = en\n",
        "[tray]\nlanguage\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_file(files[i]);
        assert_int_equal(hufu_choice_read(), HUFU_CHOICE_SYSTEM);
    }
}

static void decides_the_language(void **state)
{
    (void)state;
    setenv("LC_ALL", "zh_TW.UTF-8", 1);
    assert_int_equal(hufu_choice_language(HUFU_CHOICE_SYSTEM), HUFU_LANGUAGE_ZH_TW);
    assert_int_equal(hufu_choice_language(HUFU_CHOICE_EN), HUFU_LANGUAGE_EN);
    setenv("LC_ALL", "C", 1);
    assert_int_equal(hufu_choice_language(HUFU_CHOICE_SYSTEM), HUFU_LANGUAGE_EN);
    assert_int_equal(hufu_choice_language(HUFU_CHOICE_ZH_TW), HUFU_LANGUAGE_ZH_TW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_kept, home_setup, home_teardown),
        cmocka_unit_test_setup_teardown(mistakes_are_the_system, home_setup, home_teardown),
        cmocka_unit_test(decides_the_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
