/* Which modules p11-kit is configured with, as far as the user's own files say. */
#include "home.h"

#include "base/file.h"
#include "card/modules.h"

#include <string.h>

static struct hufu_module_file files[HUFU_MODULES_MAX];

static void write_file(const char *name, const char *text)
{
    const struct hufu_bytes content = {.data = (const uint8_t *)text, .len = strlen(text)};
    assert_int_equal(hufu_folder_make(home_path(".config/pkcs11/modules"), 0700), 0);
    assert_int_equal(hufu_file_write(home_path(name), 0600, content), 0);
}

static void only_the_users(void)
{
    if (geteuid() == 0)
        SKIP("a user who is not root: p11-kit ignores what root has in its home");
    write_file(".config/pkcs11/pkcs11.conf", "# mine\nuser-config: only\n");
}

static void reads_what_the_user_has(void **state)
{
    (void)state;
    only_the_users();
    write_file(".config/pkcs11/modules/a.module", "module: /opt/a.so\ncritical: no\n");
    write_file(".config/pkcs11/modules/b.module", " module :b.so \r\npriority: 1\n");
    write_file(".config/pkcs11/modules/c.txt", "module: /opt/c.so\n");
    assert_int_equal(hufu_modules_list(files, HUFU_MODULES_MAX), 2);
    assert_string_equal(files[0].path, "/opt/a.so");
    assert_string_equal(files[0].config, home_path(".config/pkcs11/modules/a.module"));
    assert_string_equal(files[1].path, HUFU_P11_MODULES "/b.so");
}

static void leaves_out_what_a_worker_does_not_load(void **state)
{
    (void)state;
    only_the_users();
    write_file(".config/pkcs11/modules/a.module", "module: /a.so\ntrust-policy: yes\n");
    write_file(".config/pkcs11/modules/b.module", "module: /b.so\nenable-in: firefox, seahorse\n");
    write_file(".config/pkcs11/modules/c.module", "module: /c.so\ndisable-in: hufu-worker\n");
    write_file(".config/pkcs11/modules/d.module", "module: /d.so\nenable-in: x hufu-worker\n");
    write_file(".config/pkcs11/modules/e.module", "module: /d.so\n");
    write_file(".config/pkcs11/modules/f.module", "remote: |ssh host\n");
    write_file(".config/pkcs11/modules/g.module", "module:\n");
    assert_int_equal(hufu_modules_list(files, HUFU_MODULES_MAX), 1);
    assert_string_equal(files[0].path, "/d.so");
}

static void has_room_for_so_many_and_no_more(void **state)
{
    (void)state;
    only_the_users();
    write_file(".config/pkcs11/modules/a.module", "module: /a.so\n");
    write_file(".config/pkcs11/modules/b.module", "module: /b.so\n");
    assert_int_equal(hufu_modules_list(files, 1), 1);
}

static void knows_the_systems(void **state)
{
    (void)state;
    size_t count = hufu_modules_list(files, HUFU_MODULES_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(files[i].path[0], '/');
        assert_null(strstr(files[i].path, "p11-kit-trust"));
    }
}

static void says_why_one_cannot_be_used(void **state)
{
    (void)state;
    struct hufu_cards *cards = NULL;
    struct hufu_error err = {0};
    write_file("broken.so", "not a library");
    assert_int_equal(hufu_cards_open_one(home_path("broken.so"), &cards, &err), HUFU_E_NO_DRIVER);
    assert_true(strlen(err.detail) > 0);
    assert_null(cards);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, home_setup, home_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_what_the_user_has),          TEST(leaves_out_what_a_worker_does_not_load),
        TEST(has_room_for_so_many_and_no_more), TEST(knows_the_systems),
        TEST(says_why_one_cannot_be_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
