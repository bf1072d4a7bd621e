#include "home.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "trust/profiles.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* A list that is waited for instead of refused ends the test. */
enum { HANG_SECONDS = 20 };

static struct hufu_buf found;

static void take(void *context, const char *path)
{
    hufu_buf_printf(context, "%s|", path);
}

static int setup(void **state)
{
    alarm(HANG_SECONDS);
    hufu_buf_init(&found, 1024 * 1024);
    return home_setup(state);
}

static int teardown(void **state)
{
    hufu_buf_done(&found);
    return home_teardown(state);
}

static enum hufu_trust_reason read_list(void)
{
    struct hufu_places_bases bases;
    hufu_buf_clear(&found);
    assert_int_equal(hufu_places_bases(&bases, NULL), HUFU_OK);
    return hufu_profiles_read(home_path("profiles.ini"), &bases, take, &found);
}

static void write_list(const void *text, size_t len)
{
    assert_int_equal(hufu_file_write(home_path("profiles.ini"), 0600, hufu_bytes_of(text, len)), 0);
}

static void assert_list(const char *text, enum hufu_trust_reason reason, const char *expected)
{
    write_list(text, strlen(text));
    assert_int_equal(read_list(), reason);
    assert_string_equal(hufu_buf_text(&found), expected);
}

static void takes_what_the_browsers_take(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {"", ""},
        {"[Profile0]\nName=x\nIsRelative=1\nPath=a.default\nDefault=1\n", "a.default|"},
        {"[Profile0]\nPath=a\n[Profile11]\nPath=b c\n", "a|b c|"},
        {"[Profile0]\nIsRelative=0\nPath=/home/x/a\n", "/home/x/a|"},
        {"[Install4F96D1932A9F858E]\nDefault=a.default\nLocked=1\n", "a.default|"},
        {"[4F96D1932A9F858E]\nDefault=a.default\n", "a.default|"},
        {"[General]\nStartWithLastProfile=1\nVersion=2\nPath=x\n", ""},
        {"[Profile0]\r\nPath=a\r\n[Profile1]\rPath=b\r", "a|b|"},
        {"\xef\xbb\xbf[Profile0]\nPath=a\n", "a|"},
        {"[Profile0]\nPath=a", "a|"},
        {"[Profile0]\n  \tPath=a\n; Path=b\n# Path=c\nPath=\nPathe=d\npath=e\n", "a|"},
        {"[Profile0]\nPath=a;b #c=\"d\"\n", "a;b #c=\"d\"|"},
        {"[Profile0]\nPath=\xe8\x99\x8e\xe7\xac\xa6\n", "\xe8\x99\x8e\xe7\xac\xa6|"},
        {"[Profile0\nPath=a\nnonsense\n]\n=\n[]\n[Profile1]\nPath=b\n", "a|b|"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_list(rows[i].text, HUFU_TRUST_NO_REASON, rows[i].expected);
}

static void a_line_too_long_hides_no_other(void **state)
{
    (void)state;
    static char text[3 * PATH_MAX];
    const int longest = PATH_MAX - 1 - (int)strlen("Path=");
    snprintf(text, sizeof text, "[Profile0]\nPath=%0*d\n[Profile1]\nPath=b\n", longest, 0);
    write_list(text, strlen(text));
    assert_int_equal(read_list(), HUFU_TRUST_NO_REASON);
    assert_int_equal(found.len, (size_t)longest + strlen("|b|"));
    snprintf(text, sizeof text, "[Profile0]\nPath=%0*d\n[Profile1]\nPath=b\n", longest + 1, 0);
    assert_list(text, HUFU_TRUST_BAD_LIST, "b|");
}

static void a_nul_hides_no_other(void **state)
{
    (void)state;
    static const char text[] = "[Profile0]\nPath=a\0b\n[Profile1]\nPath=c\n\0\nPath=d";
    write_list(text, sizeof text - 1);
    assert_int_equal(read_list(), HUFU_TRUST_BAD_LIST);
    assert_string_equal(hufu_buf_text(&found), "c|d|");
}

static void a_list_is_read_up_to_its_limit(void **state)
{
    (void)state;
    static char text[1024 * 1024 + 1];
    memset(text, '\n', sizeof text);
    write_list(text, sizeof text - 1);
    assert_int_equal(read_list(), HUFU_TRUST_NO_REASON);
    write_list(text, sizeof text);
    assert_int_equal(read_list(), HUFU_TRUST_BAD_LIST);
}

static void no_list_is_no_profile(void **state)
{
    (void)state;
    assert_int_equal(read_list(), HUFU_TRUST_NO_REASON);
    assert_string_equal(hufu_buf_text(&found), "");
}

static void make_link(const char *target)
{
    assert_int_equal(symlink(target, home_path("profiles.ini")), 0);
}

static void make_pipe(const char *unused)
{
    (void)unused;
    assert_int_equal(mkfifo(home_path("profiles.ini"), 0600), 0);
}

static void make_folder(const char *unused)
{
    (void)unused;
    assert_int_equal(hufu_folder_make(home_path("profiles.ini/x"), 0700), 0);
}

static void make_socket(const char *unused)
{
    (void)unused;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s", home_path("profiles.ini"));
    HUFU_AUTO(hufu_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
}

static void what_is_no_list_is_refused(void **state)
{
    (void)state;
    static const struct {
        void (*make)(const char *target);
        const char *target;
        enum hufu_trust_reason reason;
    } rows[] = {
        {make_link, "profiles.ini", HUFU_TRUST_NOT_OURS},
        {make_link, "nowhere", HUFU_TRUST_NOT_OURS},
        {make_link, "/etc/passwd", HUFU_TRUST_NOT_OURS},
        {make_link, "/dev/zero", HUFU_TRUST_NOT_OURS},
        {make_pipe, NULL, HUFU_TRUST_BAD_LIST},
        {make_folder, NULL, HUFU_TRUST_BAD_LIST},
        {make_socket, NULL, HUFU_TRUST_BAD_LIST},
        {make_link, "elsewhere.ini", HUFU_TRUST_NO_REASON},
    };
    static const char text[] = "[Profile0]\nPath=a\n";
    assert_int_equal(
        hufu_file_write(home_path("elsewhere.ini"), 0600, hufu_bytes_of(text, strlen(text))), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].make(rows[i].target);
        assert_int_equal(read_list(), rows[i].reason);
        assert_string_equal(hufu_buf_text(&found), rows[i].reason ? "" : "a|");
        remove(home_path("profiles.ini/x"));
        assert_int_equal(remove(home_path("profiles.ini")), 0);
    }
}

static enum hufu_trust_reason scan(void)
{
    hufu_buf_clear(&found);
    return hufu_profiles_scan(home_path("."), take, &found);
}

static void touch(const char *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(hufu_folder_make(home_path(folder), 0700), 0);
    assert_int_equal(hufu_file_write(home_path(path), 0600, hufu_bytes_of("", 0)), 0);
}

static void finds_used_folders_that_no_list_names(void **state)
{
    (void)state;
    touch("unused", "x");
    touch("..hidden", "cert9.db");
    assert_int_equal(hufu_file_write(home_path("file"), 0600, hufu_bytes_of("", 0)), 0);
    assert_int_equal(scan(), HUFU_TRUST_NO_REASON);
    assert_string_equal(hufu_buf_text(&found), "");
    touch("new.default", "compatibility.ini");
    assert_int_equal(scan(), HUFU_TRUST_NO_REASON);
    assert_string_equal(hufu_buf_text(&found), "new.default|");
    touch("old one", "cert9.db");
    assert_int_equal(symlink("old one", home_path("link")), 0);
    assert_int_equal(scan(), HUFU_TRUST_NO_REASON);
    assert_int_equal(found.len, strlen("new.default|old one|"));
}

static void a_folder_without_end_is_left(void **state)
{
    (void)state;
    enum { ENTRIES_MAX = 4096, DOTS = 2 };
    for (int i = 0; i < ENTRIES_MAX - DOTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(symlink("x", home_path(name)), 0);
    }
    assert_int_equal(scan(), HUFU_TRUST_NO_REASON);
    assert_int_equal(symlink("x", home_path("one more")), 0);
    assert_int_equal(scan(), HUFU_TRUST_TOO_MANY);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(takes_what_the_browsers_take),
        TEST(a_line_too_long_hides_no_other),
        TEST(a_nul_hides_no_other),
        TEST(a_list_is_read_up_to_its_limit),
        TEST(no_list_is_no_profile),
        TEST(what_is_no_list_is_refused),
        TEST(finds_used_folders_that_no_list_names),
        TEST(a_folder_without_end_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
