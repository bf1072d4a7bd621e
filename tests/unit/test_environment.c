#include "unit.h"

#include "base/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const dropped[] = {"LD_PRELOAD",    "LD_LIBRARY_PATH",
                                      "PKCS11_MODULE", "P11_KIT_DEBUG",
                                      "SOFTHSM2_CONF", "OPENSC_CONF",
                                      "OPENSSL_CONF",  "GCONV_PATH",
                                      "NOTIFY_SOCKET", "LISTEN_FDS",
                                      "HUFU_PIN",      "lang",
                                      "XLANG",         "LC",
                                      "HOMES"};

static const char *const kept[] = {"HOME", "LANG", "LC_MESSAGES", "XDG_RUNTIME_DIR", "DISPLAY"};

static bool has(const char *name)
{
    const char *value = getenv(name);
    return value && strcmp(value, "/x") == 0;
}

static bool is_cleaned(void)
{
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        setenv(dropped[i], "/x", 1);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        setenv(kept[i], "/x", 1);
    setenv("PATH", "/tmp/evil", 1);
    if (!hufu_environment_clean() || strcmp(getenv("PATH"), "/usr/bin:/bin") != 0)
        return false;
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++)
        if (getenv(dropped[i]))
            return false;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (!has(kept[i]))
            return false;
    return true;
}

/* In a child: the tests' own variables are none that hufu keeps. */
static void keeps_what_cards_and_windows_need_and_nothing_else(void **state)
{
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(is_cleaned() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_cards_and_windows_need_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
